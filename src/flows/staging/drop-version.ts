import { systemVolume, type VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { objectsIn, volumeNamed } from '../../store/ledger-state.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions, removeVersion } from '../../versions/records.ts';
import { releaseAll } from './change-version.ts';

/** What the notes say of a tag that was made for one version only, of what another holds. */
export const switchPurpose = 'switch';

/** Takes a version away of which nothing was made yet but its record; its image stays. */
export function dropVersion(store: Store, version: VersionRecord): void {
  releaseAll(store, version);
  removeVersion(store.files, version.id);
  removeUnusedSwitches(store);
}

/** Takes away the versions that no boot has begun to make, and gives their ids. */
export function dropUnbooted(store: Store, { but = null }: { readonly but?: string | null } = {}): string[] {
  const unbooted = readWholeVersions(store.files).filter(
    ({ id, state }) => id !== but && (state === 'staged' || state === 'prepared' || state === 'armed'),
  );
  for (const version of unbooted) dropVersion(store, version);
  return unbooted.map(({ id }) => id);
}

/** Removes the tags of what versions held of which no version was made, or is any more. */
export function removeUnusedSwitches(store: Store): void {
  const volume = volumeNamed(store.state, systemVolume);
  const used = new Set(readWholeVersions(store.files).flatMap(({ image, base }) => [image, base]));
  const isUnused = ({ name, notes, holds }: ObjectRecord): boolean =>
    notes['purpose'] === switchPurpose && holds.length === 0 && !used.has(name);
  const unused = volume === null ? [] : objectsIn(store.state, volume.uuid).filter(isUnused);
  for (const tag of unused) removeObject(store, tag);
}
