import { displayBytes } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import type { ObjectRecord, Place, VolumeRecord } from '../domain/volume.ts';
import { requirePartName } from '../domain/volume-name.ts';
import type { Intent } from './ledger-state.ts';
import { displayObject, displayPlace, objectAt, placeOf } from './ledger-state.ts';
import { foundAt, foundObjects } from './native-objects.ts';
import { settleIntent } from './settle.ts';
import type { Store } from './store.ts';
import { requireSettled } from './unsettled.ts';

/** What a new branch or tag is to be. */
export type NewObject = {
  readonly volume: VolumeRecord;
  readonly kind: ObjectRecord['kind'];
  readonly name: string;
  /** What it starts with: the content that a branch or tag has now, or nothing. */
  readonly from: ObjectRecord | null;
  readonly notes?: ObjectRecord['notes'];
  /** Whether it may lack what lies in other filesystems and subvolumes in the source; else that is refused. */
  readonly withoutNested?: boolean;
};

/**
 * Makes a branch or tag: the ledger says so before and after, and an attempt that fails leaves nothing behind. Throws
 * Failure `name`, `exists`, `nested`, and those of the storage.
 */
export function makeObject(store: Store, wanted: NewObject): ObjectRecord {
  const { volume, kind, name, from } = wanted;
  const place: Place = { volume: volume.name, kind, name };
  requirePartName(name);
  requireFree(store, place);
  const nested = from === null ? [] : nestedIn(store, from, wanted.withoutNested === true);
  const object = newRecord(store, wanted, nested.length === 0 ? {} : { without: nested.join(' ') });
  const what = from === null ? 'create' : 'snapshot';
  const line = store.append({ kind: 'begin', what, object });
  const sidecar = store.sidecarOf(object, line);
  carryOut(store, { line, what, object }, () => {
    if (from === null) store.backend.create(place, sidecar);
    else store.backend.snapshot(placeOf(store.state, from), place, sidecar);
  });
  store.append({ kind: 'done', line });
  return object;
}

/** The record of an object that is begun now; nobody holds it yet. */
export function newRecord(
  { system, nextLine }: Store,
  { volume, kind, name, from, notes }: NewObject,
  more: ObjectRecord['notes'] = {},
): ObjectRecord {
  return {
    uuid: system.newUuid(),
    ...{ volume: volume.uuid, kind, name, from: from?.uuid ?? null },
    order: nextLine,
    at: system.now(),
    holds: [],
    notes: { ...notes, ...more },
  };
}

/** What is half made is removed at once; where that fails too, the next change of the store does it. */
function carryOut(store: Store, intent: Intent, make: () => void): void {
  try {
    make();
  } catch (error) {
    // Somebody else's, who came between the look and the call.
    if (errorCode(error) === 'exists') store.append({ kind: 'undone', line: intent.line });
    else settleIntent(store, intent, foundObjects(store.backend.list(), store.system.digest));
    throw error;
  }
}

/** Throws Failure `exists`, `unfinished` or `busy` where a branch or tag cannot be made at the place. */
export function requireFree(store: Store, place: Place): void {
  const name = displayPlace(place);
  requireSettled(store, name, ({ object }) => displayObject(store.state, object) === name);
  if (objectAt(store.state, place) !== null) {
    throw new Failure({
      code: 'exists',
      kind: 'input',
      message: `Cannot make ${name}: there is a ${place.kind} of that name`,
      advice: 'Choose another name; migrate volume ls lists those that are taken',
    });
  }
  if (foundAt(foundObjects(store.backend.list(), store.system.digest), place) === null) return;
  throw new Failure({
    code: 'exists',
    kind: 'input',
    message: `Cannot make ${name}: something that migrate did not make lies in its place`,
    advice: 'Choose another name; migrate volume fsck says what it is',
  });
}

/** What the new object will lack (case 121). Throws Failure `nested` unless that is allowed. */
function nestedIn(store: Store, from: ObjectRecord, allowed: boolean): string[] {
  const nested = store.backend.nestedIn(placeOf(store.state, from)).map(displayBytes);
  if (nested.length === 0 || allowed) return nested;
  throw new Failure({
    code: 'nested',
    kind: 'input',
    message: `Cannot copy all of ${displayObject(store.state, from)}: other filesystems or subvolumes begin in it at ${nested.join(', ')}`,
    advice: 'Unmount them or make volumes of them; or leave out what is in them with --without-nested',
  });
}
