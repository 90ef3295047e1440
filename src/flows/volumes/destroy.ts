import { Failure } from '../../domain/failure.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { parseVolumeName } from '../../domain/volume-name.ts';
import { displayObject, objectsIn, placeOf } from '../../store/ledger-state.ts';
import { forgetVolume } from '../../store/make-volume.ts';
import { changeStore } from '../../store/open-store.ts';
import { removeObject, requireUnheld } from '../../store/remove-object.ts';
import { objectCalled, volumeCalled } from '../../store/resolve.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { type References, referencesIn } from './references.ts';

type Request = StoreRequest & {
  readonly name: string;
  /** With a volume, all its branches and tags too. */
  readonly recursive: boolean;
};

/** Removes a branch, a tag or a volume for good. Returns what was removed, in that order. */
export async function destroy(system: System, request: Request): Promise<string[]> {
  const name = parseVolumeName(request.name);
  return changeStore(await placeOfStore(system, request), (store) => {
    const references = referencesIn(store.files);
    if (name.kind !== 'volume') return removeAll(store, [objectCalled(store, name)], references);
    const volume = volumeCalled(store, name);
    // The newest first: of what was made from another, nothing rests on it.
    const objects = request.recursive ? objectsIn(store.state, volume.uuid).toReversed() : [];
    const removed = removeAll(store, objects, references);
    forgetVolume(store, volume);
    return [...removed, volume.name];
  });
}

/** Nothing is removed where one of them may not be. */
function removeAll(store: Store, objects: readonly ObjectRecord[], references: References): string[] {
  for (const object of objects) {
    // A version says more than its hold, which is not to be released by hand.
    requireUnreferenced(store, object, references);
    requireUnheld(store, object);
  }
  return objects.map((object) => {
    const name = displayObject(store.state, object);
    removeObject(store, object);
    return name;
  });
}

function requireUnreferenced({ state }: Store, object: ObjectRecord, references: References): void {
  const [why] = references.to(placeOf(state, object));
  if (why === undefined) return;
  throw new Failure({
    code: 'needed',
    kind: 'input',
    message: `Cannot destroy ${displayObject(state, object)}: ${why}`,
    advice: 'migrate prune removes versions with all that only they need',
  });
}
