import { Failure } from '../domain/failure.ts';
import type { ObjectRecord } from '../domain/volume.ts';
import { displayObject, placeOf } from './ledger-state.ts';
import { foundAt, foundObjects, ownSidecar } from './native-objects.ts';
import type { Store } from './store.ts';

/** Removes a branch or tag that nobody holds, where that is asked for with other subvolumes in it. Throws Failure `held`, and those of the storage, which leave it whole. */
export function removeObject(
  store: Store,
  object: ObjectRecord,
  options: { readonly withNested: boolean } = { withNested: false },
): void {
  requireUnheld(store, object);
  const place = placeOf(store.state, object);
  // One that was begun and could not be finished is gone on with: to be done twice is no state of the ledger.
  const line = begunRemoval(store, object) ?? store.append({ kind: 'begin', what: 'remove', object });
  try {
    store.backend.remove(place, options);
  } catch (error) {
    const there = foundAt(foundObjects(store.backend.list(), store.system.digest), place);
    // Still whole: nothing has happened. Else the next change of the store finishes what was begun.
    if (there !== null && ownSidecar(there, store.state)?.object.uuid === object.uuid)
      store.append({ kind: 'undone', line });
    throw error;
  }
  store.append({ kind: 'done', line });
}

/**
 * The same, but leaves it where another object of the storage rests on it: some keep what a branch was made of for as long
 * as there is the branch, and what others have made of it. Throws Failure `held`, and other refusals of the storage.
 */
export function removeUnlessNeeded(store: Store, object: ObjectRecord): void {
  try {
    removeObject(store, object);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'needed') throw error;
  }
}

function begunRemoval({ state }: Store, { uuid }: ObjectRecord): number | null {
  const begun = state.intents.values().find(({ what, object }) => what === 'remove' && object.uuid === uuid);
  return begun?.line ?? null;
}

/** Throws Failure `held` where somebody needs the object to stay. */
export function requireUnheld({ state }: Pick<Store, 'state'>, object: ObjectRecord): void {
  if (object.holds.length === 0) return;
  const name = displayObject(state, object);
  throw new Failure({
    code: 'held',
    kind: 'input',
    message: `Cannot destroy ${name}: it is held for ${object.holds.join(', ')}`,
    advice: `Where nobody needs it any more: migrate volume release ${name} --for ${object.holds[0]}`,
  });
}
