import { errorCode, Failure } from '../../domain/failure.ts';
import { originOf } from '../../domain/origin.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { holdObject, releaseObject } from '../../store/hold.ts';
import { displayObject, noSuch, objectsIn, placeOf } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { exportingPurpose } from '../export/settled-content.ts';
import type { OnProgress } from '../progress.ts';
import { holdsTheSame } from '../volumes/diff-objects.ts';
import type { VolumeObject } from './object-to-send.ts';

/** What is written of a tag that was made to be sent: it goes when a later one has been sent. */
const purpose = 'sent';

/** The last tag of a branch where the branch still holds what that does; null where it went on. Tags are what they are. */
export function currentTag(
  store: Store,
  { volume, object }: VolumeObject,
  onProgress: OnProgress,
): ObjectRecord | null {
  if (object.kind === 'tag') return object;
  const { state } = store;
  const last = objectsIn(state, volume.uuid).findLast(
    (one) => isTagOf(one, object) && one.notes['purpose'] !== exportingPurpose,
  );
  if (last === undefined) return null;
  return holdsTheSame(store, [placeOf(state, last), placeOf(state, object)], onProgress) ? last : null;
}

/** Makes a tag of a branch to be sent. Throws those of `makeObject`; `busy` with what can be done of a branch in use. */
export function tagToSend(
  place: StorePlace,
  { volume, object }: VolumeObject,
  { withoutNested }: { readonly withoutNested: boolean },
): ObjectRecord {
  return changeStore(place, (store) => {
    const from = store.state.objects.get(object.uuid)?.record;
    if (from === undefined) throw noSuch(displayObject(store.state, object));
    const name = `sent+${store.nextLine}`;
    try {
      return makeObject(store, { volume, kind: 'tag', name, from, notes: { purpose }, withoutNested });
    } catch (error) {
      throw inUse(store, from, error);
    }
  });
}

/** Some storage takes no tag of a branch that is mounted, as those of the running version are. */
function inUse({ backend, state }: Store, branch: ObjectRecord, error: unknown): unknown {
  if (!(error instanceof Failure) || error.code !== 'busy' || backend.capabilities.atomicTag) return error;
  const { code, kind, message } = error;
  const name = displayObject(state, branch);
  const advice = `Unmount it for the push, or push a tag; what is in use, migrate export ${name} FILE.tar.zst writes into a file`;
  return new Failure({ code, kind, message, advice, cause: error });
}

/**
 * Keeps a tag of a branch that was sent for as long as the remote goes back to it, and lets go of those of the branch that
 * were kept before; what was made to be sent and nobody else needs is removed. `hold` is null for a remote that goes back
 * to nothing.
 */
export function keepSent(store: Store, sent: ObjectRecord, hold: string | null): void {
  const tag = store.state.objects.get(sent.uuid)?.record;
  const branch = tag === undefined || tag.from === null ? undefined : store.state.objects.get(tag.from)?.record;
  if (tag === undefined || branch?.kind !== 'branch') return;
  if (hold !== null) holdObject(store, tag, hold);
  const older = objectsIn(store.state, tag.volume).filter((one) => isTagOf(one, branch) && one.order < tag.order);
  for (const one of older) {
    const left = hold !== null && one.holds.includes(hold) ? releaseObject(store, one, hold) : one;
    if (left.notes['purpose'] === purpose && left.holds.length === 0) removeIfPossible(store, left);
  }
}

/** One that is being sent to another remote, or that something rests on, stays; the next time finds it again. */
function removeIfPossible(store: Store, tag: ObjectRecord): void {
  try {
    removeObject(store, tag);
  } catch (error) {
    if (!(error instanceof Failure) && errorCode(error) !== 'EPERM') throw error;
  }
}

function isTagOf(one: ObjectRecord, branch: ObjectRecord): boolean {
  return one.kind === 'tag' && one.from === branch.uuid && originOf(one) === null;
}
