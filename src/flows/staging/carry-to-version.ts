import { forgetOutcome } from '../../apply/run-folder.ts';
import { imageNote } from '../../domain/image.ts';
import { systemVolume, type VersionRecord } from '../../domain/version.ts';
import { objectAt, placeOf, volumeNamed } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { imageOfVersion } from '../images/image-of-version.ts';
import { withRoot } from '../with-root.ts';
import { systemPlace } from './change-version.ts';
import { tidyUp, unusedSwitches } from './drop-version.ts';
import { endsOf, noWay, type SwitchRequest } from './ends-of-switch.ts';
import { objectsFor, purposes } from './purposes.ts';
import { putVolumesInRoot } from './put-volumes-in-root.ts';
import { type Staged, type StageRequest, stageVersion } from './stage-version.ts';

/** A version that is staged, with what a person should hear of the copy that it is made of. */
export type Carried = Staged & { readonly notes: readonly string[] };

/**
 * Goes to a version with what was changed since the commit of the version that is left: a new version of the target as it is now,
 * which the next boot makes. The target itself stays as it was. Throws also what `stageVersion` does.
 */
export function carryToVersion(
  place: StorePlace,
  request: SwitchRequest,
  staging: Pick<StageRequest, 'choices' | 'changeSources' | 'onProgress'>,
): Carried {
  const { from, image, notes } = changeStore(place, (store) => {
    const { from, target } = endsOf(store, request);
    return { from: from.id, ...tagNow(store, target, from.born) };
  });
  try {
    const staged = stageVersion(place, {
      ...staging,
      image,
      parent: from,
      since: 'commit',
      arm: true,
      force: true,
      reset: null,
    });
    return { ...staged, notes };
  } catch (error) {
    tidyUp(place, removeLeftOver);
    throw error;
  }
}

/** Copies, and tags of which no version was made or is any more. */
function removeLeftOver(store: Store): void {
  for (const copy of objectsFor(store, purposes.copy)) removeObject(store, copy);
  for (const tag of unusedSwitches(store)) removeObject(store, tag);
}

/**
 * What the version holds now, with its settings and state, as a tag that a migration may be made of: without the records
 * of the one that made it. `base` is the tag that changes are told from. A branch that an earlier call was cut off at goes
 * first.
 */
function tagNow(
  store: Store,
  version: VersionRecord,
  base: string | null,
): { readonly image: string; readonly notes: readonly string[] } {
  const { id, branch } = version;
  const volume = volumeNamed(store.state, systemVolume);
  const root = objectAt(store.state, systemPlace('branch', branch))?.record;
  if (volume === null || root === undefined)
    throw noWay(`the root of ${id} is not in the store`, 'Run migrate volume fsck');
  removeLeftOver(store);
  const name = `${id}+${store.nextLine}`;
  const common = { volume, name, withoutNested: true } as const;
  const copy = makeObject(store, { ...common, kind: 'branch', from: root, notes: { purpose: purposes.copy } });
  const notes = store.backend.withContent(placeOf(store.state, copy), { writable: true }, (directory) => {
    withRoot(store.system, directory, forgetOutcome);
    if (base === null) return putVolumesInRoot(store, version, { directory, base });
    return store.backend.withContent(systemPlace('tag', base), { writable: false }, (began) =>
      putVolumesInRoot(store, version, { directory, base: began }),
    );
  });
  const image = imageOfVersion(store, version);
  const delivered = image === null ? {} : { [imageNote]: image.name };
  makeObject(store, { ...common, kind: 'tag', from: copy, notes: { purpose: purposes.switch, ...delivered } });
  removeObject(store, copy);
  return { image: name, notes };
}
