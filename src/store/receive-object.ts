import { errorCode, Failure } from '../domain/failure.ts';
import type { ObjectRecord, Uuid, VolumeRecord } from '../domain/volume.ts';
import { requirePartName } from '../domain/volume-name.ts';
import { displayObject, displayPlace, type Intent, placeOf, volumeNamed } from './ledger-state.ts';
import { makeObject, requireFree } from './make-object.ts';
import { lockReceiving, removeReceivingLock } from './receiving-lock.ts';
import { settleReceived, unpackingName, unpackingPurpose } from './settle-received.ts';
import type { Store } from './store.ts';

/** What is to be received: all that the record of a new object has, but what the store itself gives it. */
export type Incoming = Pick<ObjectRecord, 'uuid' | 'name' | 'from' | 'at' | 'notes'> & {
  readonly volume: VolumeRecord;
};

/** A tag that is being received. As long as `release` was not called, nobody settles it. */
export type Receiving = {
  readonly line: number;
  readonly object: ObjectRecord;
  /** What its sidecar has to say. */
  readonly sidecar: string;
  readonly release: () => void;
};

/**
 * Takes note that a tag is going to be received, and of its volume where the store has none of its uuid; from then on
 * both names are taken. Throws Failure `name`, `exists`, `unrelated` and `busy`.
 */
export function beginReceive(store: Store, incoming: Incoming): Receiving {
  requireNew(store, incoming);
  const volume = volumeOf(store, incoming.volume);
  requirePartName(incoming.name);
  requireFree(store, { volume: volume.name, kind: 'tag', name: incoming.name });
  const release = lockReceiving(store.files, incoming.uuid);
  if (release === null) throw busy(incoming);
  try {
    const { uuid, name, from, at, notes } = incoming;
    const made = { order: store.nextLine, at, holds: [], notes };
    const object: ObjectRecord = { uuid, volume: volume.uuid, kind: 'tag', name, from, ...made };
    const line = store.append({ kind: 'begin', what: 'receive', object });
    return { line, object, sidecar: store.sidecarOf(object, line), release };
  } catch (error) {
    release();
    throw error;
  }
}

/** A branch that an archive is unpacked into before the tag is made of it; it goes with the receiving. */
export function makeUnpackingBranch(store: Store, { object }: Receiving): ObjectRecord {
  const volume = store.state.volumes.get(object.volume)?.record;
  if (volume === undefined) throw gone(store, object);
  const notes = { purpose: unpackingPurpose, receiving: object.uuid };
  return makeObject(store, { volume, kind: 'branch', name: unpackingName(object), from: null, notes });
}

/**
 * Takes note that the tag lies in the storage with its sidecar; `make` makes it, where it does not yet. Throws Failure
 * `receive-lost` where the ledger was made anew meanwhile, which does not know of what was begun.
 */
export function endReceive(store: Store, receiving: Receiving, make: () => void = () => undefined): ObjectRecord {
  intentOf(store, receiving);
  make();
  store.append({ kind: 'done', line: receiving.line });
  removeReceivingLock(store.files, receiving.object.uuid);
  settleReceived(store);
  return receiving.object;
}

/**
 * Gives it up for an error: nothing of it is left, be it whole already. What cannot be removed now stays begun, and is
 * settled by the next change.
 */
export function abandonReceive(store: Store, receiving: Receiving, error: unknown): void {
  const { line, object } = intentOf(store, receiving);
  // Else it is somebody else's, who came between the look and the call.
  if (errorCode(error) !== 'exists') store.backend.remove(placeOf(store.state, object));
  store.append({ kind: 'undone', line });
  removeReceivingLock(store.files, object.uuid);
  settleReceived(store);
}

function intentOf(store: Store, { line, object }: Receiving): Intent {
  const intent = store.state.intents.get(line);
  if (intent?.object.uuid !== object.uuid) throw gone(store, object);
  return intent;
}

function requireNew({ state }: Store, { uuid, name }: Incoming): void {
  const known = state.objects.get(uuid)?.record;
  if (known !== undefined) {
    const shown = displayObject(state, known);
    throw new Failure({
      code: 'exists',
      kind: 'failed',
      message: `Cannot receive ${name}: it is here already, as ${shown}`,
    });
  }
  if (state.intents.values().some(({ object }) => object.uuid === uuid)) throw busy({ name });
}

/** The volume of that uuid, whatever it is called here; else a new one of that name. */
function volumeOf(store: Store, record: VolumeRecord): VolumeRecord {
  const known = store.state.volumes.get(record.uuid)?.record;
  if (known !== undefined) return known;
  requirePartName(record.name);
  const other = volumeNamed(store.state, record.name);
  if (other !== null) throw unrelated(record, other.uuid);
  const line = store.append({ kind: 'volume', volume: record });
  store.writeVolumeFile({ record, line });
  return record;
}

function unrelated({ name, uuid, host }: VolumeRecord, other: Uuid): Failure {
  return new Failure({
    code: 'unrelated',
    kind: 'failed',
    message: `Cannot receive the volume ${name} of the host ${host}: another of that name is here (${other}, not ${uuid})`,
    advice: 'Destroy the other one there where nobody needs it, or give one of the hosts another name',
  });
}

function busy({ name }: Pick<Incoming, 'name'>): Failure {
  return new Failure({
    code: 'busy',
    kind: 'failed',
    message: `Cannot receive ${name}: it is being received already`,
    advice:
      'Wait for that to end, and run this again; where its link was cut, it is given up after five minutes of silence',
  });
}

function gone({ state }: Store, object: ObjectRecord): Failure {
  return new Failure({
    code: 'receive-lost',
    kind: 'failed',
    message: `Cannot finish receiving ${displayPlace(placeOf(state, object))}: the ledger does not know of it any more`,
    advice: 'migrate volume fsck says what lies there; run this again',
  });
}
