import type { ByteString } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { ObjectRecord, Uuid, VolumeRecord } from '../domain/volume.ts';
import { isPartName } from '../domain/volume-name.ts';
import type { Files } from '../system/files.ts';
import { ledgerSchema, type StoreEvent } from './event.ts';
import type { StoreIdentity } from './identity.ts';
import { emptyEnd, lineOf } from './ledger-text.ts';
import { type FoundObject, foundObjects, ownSidecar } from './native-objects.ts';
import { isBeingReceived, receivingLocks } from './receiving-lock.ts';
import { replaceFile } from './replace-file.ts';
import type { Digest } from './sealed.ts';
import type { StoreDoors } from './store.ts';
import { storePaths } from './store-files.ts';
import { type FoundVolume, foundVolumes } from './volume-files.ts';

/**
 * Makes the ledger anew from the records beside the objects. The old one, where there is one, stays beside it under
 * another name. What has no record of this store is not in it. Returns the name under which the old one stays. Throws
 * Failure `busy` while something is received.
 */
export function rebuildLedger({ files, backend, system, identity }: StoreDoors): ByteString | null {
  requireNothingReceived(files);
  const found = { objects: foundObjects(backend.list(), system.digest), volumes: foundVolumes(files, system.digest) };
  const text = textOf(found, identity, system.digest);
  const kept = keepOld(files);
  replaceFile(files, storePaths.ledger, text);
  return kept;
}

/** What is begun now, and has no record yet, would be forgotten. */
function requireNothingReceived(files: Files): void {
  const uuid = receivingLocks(files).find((one) => isBeingReceived(files, one));
  if (uuid === undefined) return;
  throw new Failure({
    code: 'busy',
    kind: 'failed',
    message: `Cannot make the ledger anew: the object ${uuid} is being received from another store`,
    advice: 'Wait for that to end, and run this again',
  });
}

type Found = { readonly objects: readonly FoundObject[]; readonly volumes: readonly FoundVolume[] };

function textOf(found: Found, identity: StoreIdentity, digest: Digest): ByteString {
  const events: StoreEvent[] = [
    { kind: 'start', schema: ledgerSchema, ...identity },
    ...volumesIn(found, identity).map((volume): StoreEvent => ({ kind: 'volume', volume })),
    ...objectsIn(found, identity).map((object): StoreEvent => ({ kind: 'found', object })),
  ];
  let end = emptyEnd(lastNumber(found, identity) + 1);
  const lines: ByteString[] = [];
  for (const event of events) {
    const line = lineOf(event, end, digest);
    lines.push(line.text);
    end = line.end;
  }
  return lines.join('');
}

/** Each volume once, as the latest record has it; of two with one name the later. */
function volumesIn({ objects, volumes }: Found, identity: StoreIdentity): VolumeRecord[] {
  const records = [
    ...volumes.flatMap(({ file, directory }) => (file?.volume.name === directory ? [file] : [])),
    ...objects.flatMap((one) => {
      const sidecar = ownSidecar(one, { identity });
      return sidecar?.volume.name === one.place.volume ? [sidecar] : [];
    }),
  ].filter(({ store }) => store === identity.instance);
  const inOrder = records.sort((a, b) => a.line - b.line);
  return [...new Map(inOrder.map(({ volume }) => [volume.name, volume])).values()];
}

/** Each object once: where it lies under its own name, and else under the one that it was given by hand. */
function objectsIn(found: Found, identity: StoreIdentity): ObjectRecord[] {
  const volumes = new Map(volumesIn(found, identity).map((volume) => [volume.uuid, volume]));
  const byUuid = new Map<Uuid, ObjectRecord>();
  for (const one of found.objects) {
    const object = ownSidecar(one, { identity })?.object;
    const { volume, kind, name } = one.place;
    if (object === undefined || volumes.get(object.volume)?.name !== volume || object.kind !== kind) continue;
    if (object.name === name) byUuid.set(object.uuid, object);
    else if (!byUuid.has(object.uuid) && isPartName(name)) byUuid.set(object.uuid, { ...object, name });
  }
  return [...byUuid.values()].sort((a, b) => a.order - b.order);
}

/** Behind all that was written, so that the records beside the objects are older than the ledger, and not ahead of it. */
function lastNumber({ objects, volumes }: Found, identity: StoreIdentity): number {
  const sidecars = objects.flatMap((one) => ownSidecar(one, { identity }) ?? []);
  const numbers = [
    ...sidecars.flatMap(({ line, object }) => [line, object.order]),
    ...volumes.flatMap(({ file }) => (file?.store === identity.instance ? [file.line] : [])),
  ];
  return Math.max(0, ...numbers);
}

function keepOld(files: StoreDoors['files']): ByteString | null {
  if (files.status(storePaths.ledger) === null) return null;
  for (let number = 1; ; number++) {
    const path = `${storePaths.ledger}.damaged-${number}`;
    if (files.status(path) !== null) continue;
    files.link(path, storePaths.ledger);
    return path.slice(1);
  }
}
