import { forgetOutcome } from '../../apply/run-folder.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import { systemVolume, type VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { objectAt, objectsIn, placeOf, volumeNamed } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { withRoot } from '../with-root.ts';
import { systemPlace } from './change-version.ts';
import { removeUnusedSwitches, switchPurpose } from './drop-version.ts';
import { endsOf, noWay, type SwitchRequest } from './ends-of-switch.ts';
import { type Staged, type StageRequest, stageVersion } from './stage-version.ts';

/**
 * Goes to a version with what was changed since the commit of the version that is left: a new version of the target as it is now,
 * which the next boot makes. The target itself stays as it was. Throws also what `stageVersion` does.
 */
export function carryToVersion(
  place: StorePlace,
  request: SwitchRequest,
  staging: Pick<StageRequest, 'choices' | 'changeSources' | 'onProgress'>,
): Staged {
  const { from, image } = changeStore(place, (store) => {
    const { from, target } = endsOf(store, request);
    return { from: from.id, image: tagNow(store, target) };
  });
  try {
    return stageVersion(place, { ...staging, image, parent: from, since: 'commit', arm: true });
  } catch (error) {
    discard(place);
    throw error;
  }
}

/** After a failure, which is what there is to tell: what cannot be removed now is removed by the next. */
function discard(place: StorePlace): void {
  try {
    changeStore(place, removeLeftOver);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
  }
}

/** What a branch is for from which a version as it is now is tagged. */
const purpose = 'tagging a version';

/** Copies, and tags of which no version was made or is any more. */
function removeLeftOver(store: Store): void {
  const volume = volumeNamed(store.state, systemVolume);
  const copies = (volume === null ? [] : objectsIn(store.state, volume.uuid)).filter(isCopy);
  for (const copy of copies) removeObject(store, copy);
  removeUnusedSwitches(store);
}

function isCopy({ notes }: ObjectRecord): boolean {
  return notes['purpose'] === purpose;
}

/**
 * What the version holds now, as a tag that a migration may be made of: without the records of the one that made it. A
 * branch that an earlier call was cut off at goes first.
 */
function tagNow(store: Store, { id, branch }: VersionRecord): string {
  const volume = volumeNamed(store.state, systemVolume);
  const root = objectAt(store.state, systemPlace('branch', branch))?.record;
  if (volume === null || root === undefined)
    throw noWay(`the root of ${id} is not in the store`, 'Run migrate volume fsck');
  removeLeftOver(store);
  const name = `${id}+${store.nextLine}`;
  const common = { volume, name, withoutNested: true } as const;
  const copy = makeObject(store, { ...common, kind: 'branch', from: root, notes: { purpose } });
  store.backend.withContent(placeOf(store.state, copy), { writable: true }, (directory) =>
    withRoot(store.system, directory, forgetOutcome),
  );
  makeObject(store, { ...common, kind: 'tag', from: copy, notes: { purpose: switchPurpose } });
  removeObject(store, copy);
  return name;
}
