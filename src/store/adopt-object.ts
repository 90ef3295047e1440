import { Failure } from '../domain/failure.ts';
import type { ObjectRecord, Place } from '../domain/volume.ts';
import { displayPlace, objectAt } from './ledger-state.ts';
import { type NewObject, newRecord } from './make-object.ts';
import { foundAt, foundObjects } from './native-objects.ts';
import type { Store } from './store.ts';

/**
 * Makes what lies at a place, and was not made by the store, a branch or tag of it: the root that a machine had before
 * there was a store, or one that the initramfs has made. Adopted already, it is given back as it is. Interrupted, it can
 * be done again; what lies there is never removed. Throws Failure `no-object` or `exists`.
 */
export function adoptObject(store: Store, wanted: NewObject): ObjectRecord {
  const { volume, kind, name } = wanted;
  const place: Place = { volume: volume.name, kind, name };
  const known = objectAt(store.state, place);
  if (known !== null) return known.record;
  requireAdoptable(store, place);
  const object = newRecord(store, wanted);
  const line = store.append({ kind: 'begin', what: 'adopt', object });
  store.backend.writeSidecar(place, store.sidecarOf(object, line));
  store.append({ kind: 'done', line });
  return object;
}

function requireAdoptable(store: Store, place: Place): void {
  const there = foundAt(foundObjects(store.backend.list(), store.system.digest), place);
  const refuse = (code: string, why: string): Failure =>
    new Failure({ code, kind: 'failed', message: `Cannot take ${displayPlace(place)} into the store: ${why}` });
  if (there === null) throw refuse('no-object', 'nothing lies in its place');
  if (there.sidecar !== 'none') throw refuse('exists', 'it has a record already, which is not in the ledger');
}
