import { Failure } from '../domain/failure.ts';
import type { ObjectRecord } from '../domain/volume.ts';
import { displayObject } from './ledger-state.ts';
import type { Store } from './store.ts';

/** Keeps a branch or tag from being removed for as long as somebody needs it; again, it changes nothing. */
export function holdObject(store: Store, object: ObjectRecord, hold: string): ObjectRecord {
  requireWord(hold);
  return object.holds.includes(hold) ? object : change(store, object, 'hold', hold);
}

/** Takes a hold away. Throws Failure `not-held`. */
export function releaseObject(store: Store, object: ObjectRecord, hold: string): ObjectRecord {
  if (object.holds.includes(hold)) return change(store, object, 'release', hold);
  const holds = object.holds.length === 0 ? 'nobody holds it' : `it is held for ${object.holds.join(', ')}`;
  throw new Failure({
    code: 'not-held',
    kind: 'input',
    message: `Cannot release ${displayObject(store.state, object)} for ${hold}: ${holds}`,
  });
}

// The ledger first: of the two it is the authority, and a sidecar that is behind it is written anew.
function change(store: Store, object: ObjectRecord, kind: 'hold' | 'release', hold: string): ObjectRecord {
  store.append({ kind, object: object.uuid, hold });
  store.writeSidecar(object);
  return store.state.objects.get(object.uuid)?.record ?? object;
}

function requireWord(hold: string): void {
  if (/^[A-Za-z0-9._+:@/-]{1,200}$/.test(hold)) return;
  throw new Failure({
    code: 'name',
    kind: 'input',
    message: `Cannot hold it for "${hold}": that is no word of letters, digits and . _ + : @ / -`,
  });
}
