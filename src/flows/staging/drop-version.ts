import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import { removeUnlessNeeded } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { readReplaced, readWholeVersions, removeVersion } from '../../versions/records.ts';
import { removeStartsAnew } from '../health/starts-anew.ts';
import { forgetTotalOf } from '../reset/total/arm-total.ts';
import { branchesOfUnmade } from './branches-left.ts';
import { releaseAll } from './change-version.ts';
import { objectsFor, purposes } from './purposes.ts';
import { unfinishedRoots } from './unfinished-roots.ts';

/**
 * Takes a version away of which nothing was made yet but its record, and the branches that a boot has made which did not
 * come to say so; its image stays. The record tells whose these are, and goes after them. What the storage needs for
 * something else, such as a snapshot that is not ours, stays without it.
 */
export function dropVersion(store: Store, version: VersionRecord): void {
  forgetTotalOf(store, version);
  // Another may be given its name.
  removeStartsAnew(store.files, version.id);
  releaseAll(store, version);
  for (const branch of branchesOfUnmade(store, [version], readWholeVersions(store.files)))
    removeUnlessNeeded(store, branch);
  removeVersion(store.files, version.id);
  for (const tag of unusedSwitches(store)) removeUnlessNeeded(store, tag);
}

/** The versions that no boot has begun to make: another takes their place when its record says that it replaces them. */
export function unbootedVersions({ files }: Store, { but = null }: { readonly but?: string | null } = {}): string[] {
  const unbooted = readWholeVersions(files).filter(
    ({ id, state }) => id !== but && (state === 'staged' || state === 'prepared' || state === 'armed'),
  );
  return unbooted.map(({ id }) => id);
}

/** What the record of a version says that takes their place: theirs that a crash has left do not come back with it. */
export function replacing({ files }: Store, versions: readonly string[]): Pick<VersionRecord, 'replaces'> {
  return { replaces: [...versions, ...readReplaced(files).map(({ id }) => id)] };
}

/** Takes away what is left of versions that others have replaced, and roots that boots have left unfinished. */
export function dropReplaced(store: Store): void {
  for (const version of readReplaced(store.files)) dropVersion(store, version);
  for (const root of unfinishedRoots(store)) store.backend.remove(root);
}

/** Where that is to be done after a change that is made already: what cannot be removed now is removed by the next. */
export function tidyUp(place: StorePlace, tidy: (store: Store) => void): void {
  try {
    changeStore(place, tidy);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
  }
}

/** The tags of what versions held of which no version was made, or is any more. */
export function unusedSwitches(store: Store): ObjectRecord[] {
  const used = new Set(readWholeVersions(store.files).flatMap(({ image, base }) => [image, base]));
  return objectsFor(store, purposes.switch).filter(({ name, holds }) => holds.length === 0 && !used.has(name));
}
