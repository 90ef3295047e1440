import { Failure } from '../domain/failure.ts';
import type { ObjectRecord, Uuid } from '../domain/volume.ts';
import { objectsIn } from './ledger-state.ts';
import { forgetVolume } from './make-volume.ts';
import { isBeingReceived, receivingLocks, removeReceivingLock } from './receiving-lock.ts';
import { removeObject } from './remove-object.ts';
import type { Store } from './store.ts';

/** What a branch is for that a received archive is unpacked into. */
export const unpackingPurpose = 'receiving';

/** What it is called: nothing else has the uuid of the tag in its name. */
export function unpackingName({ uuid }: Pick<ObjectRecord, 'uuid'>): string {
  return `receiving-${uuid}`;
}

/**
 * Clears up what was received, or given up, once its intent is settled: files of locks, branches that archives were
 * unpacked into, and volumes that came with what did not come after all.
 */
export function settleReceived(store: Store): void {
  const { state, files } = store;
  const isBegun = (uuid: Uuid): boolean => state.intents.values().some(({ object }) => object.uuid === uuid);
  const isOver = (uuid: Uuid): boolean => !isBegun(uuid) && !isBeingReceived(files, uuid);
  for (const { record } of [...state.objects.values()]) {
    const { purpose, receiving } = record.notes;
    if (purpose === unpackingPurpose && receiving !== undefined && isOver(receiving)) tryRemove(store, record);
  }
  for (const uuid of receivingLocks(files)) if (isOver(uuid)) removeReceivingLock(files, uuid);
  for (const { record } of [...state.volumes.values()]) if (isUseless(store, record)) forgetVolume(store, record);
}

/** Of another store, and without anything in it: that was not asked for. */
function isUseless({ state }: Store, { uuid, instance }: { readonly uuid: Uuid; readonly instance: Uuid }): boolean {
  if (instance === state.identity.instance || objectsIn(state, uuid).length > 0) return false;
  return !state.intents.values().some(({ object }) => object.volume === uuid);
}

/** One that is still mounted somewhere goes at the next change. */
function tryRemove(store: Store, branch: ObjectRecord): void {
  try {
    removeObject(store, branch);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}
