import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { NativeStreams } from '../backend.ts';
import { makeParents, noObject, requireFree, takenPlace } from '../object-places.ts';
import { writeSidecar } from '../sidecars.ts';
import { checkedStream } from './checked-stream.ts';
import { type Dataset, datasetAt, markProperty, nameFor, receivedSnapshot, receivingMarkOf } from './datasets.ts';
import { filesystemProperties, markDataset, type Pool } from './make-object.ts';
import { requireKey } from './open-pool.ts';
import { notReceived, parentMissing, receivingFailure } from './receive-failure.ts';
import { removeObject } from './remove-object.ts';
import { ensureStoreId } from './store-id.ts';

/** The store as streams need it. */
export type StreamedStore = {
  readonly system: System;
  /** The dataset below which objects lie. */
  readonly pool: string;
  readonly withStore: <Result>(use: (files: Files) => Result) => Result;
  readonly datasets: (files: Files) => Dataset[];
};

/**
 * Streams of `zfs send`: blocks as large as they are, contents in clear, no properties. What is received is a filesystem
 * of its own, a clone of what the stream builds on, with the tag as its one snapshot; the guid of that is the sender's
 * only where the stream was carried out to its end.
 */
export function nativeStreams(store: StreamedStore): NativeStreams {
  const { system, withStore, datasets } = store;
  return {
    send(place, { parent, signal }) {
      const [dataset, from] = withStore((files) => {
        const all = datasets(files);
        return [foundIn(all, place), parent === null ? null : foundIn(all, parent)];
      });
      requireKey(dataset);
      const args = ['send', '-L', ...(from === null ? [] : ['-i', from.name]), dataset.name];
      return { format: 'zfs', proof: dataset.guid, bytes: system.streams.output('zfs', args, { signal }) };
    },
    async receive(place, { bytes, proof }, { parent, sidecar, signal }) {
      const { args, filesystem, from } = withStore((files) => begin(store, files, place, parent));
      try {
        await feed(system, args, checkedStream(bytes, { to: proof, from }), signal);
        withStore((files) => takeReceived(store, files, filesystem, place, proof));
      } catch (error) {
        withStore((files) => discard(store, files, place));
        throw error;
      }
      withStore((files) => writeSidecar(files, place, sidecar));
    },
  };
}

type Receiving = { readonly args: readonly string[]; readonly filesystem: string; readonly from: string | null };

/** What to receive with: never over something that is there, mounted nowhere, and known for a part of the store at once. */
function begin(store: StreamedStore, files: Files, place: Place, parent: Place | null): Receiving {
  const { system, pool } = store;
  requireFree(files, place);
  const all = store.datasets(files);
  const there = datasetAt(all, place);
  if (there !== null) throw takenPlace(place, `${there.name} is there already`);
  const origin = parent === null ? null : datasetAt(all, parent);
  if (parent !== null && origin?.isSnapshot !== true) throw parentMissing();
  for (const one of all) if (one.name === pool || one === origin) requireKey(one);
  makeParents(files, place);
  const filesystem = `${pool}/${nameFor(place, system.newUuid())}`;
  const mark = receivingMarkOf(ensureStoreId(files, system.newUuid), place);
  const properties = [...filesystemProperties, `${markProperty}=${mark}`];
  const settings = [...properties, ...(origin === null ? [] : [`origin=${origin.name}`])];
  const args = ['receive', '-u', ...settings.flatMap((one) => ['-o', one]), receivedSnapshot(filesystem)];
  return { args, filesystem, from: origin?.guid ?? null };
}

async function feed(
  system: System,
  args: readonly string[],
  bytes: ReturnType<typeof checkedStream>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await system.streams.feed('zfs', args, bytes, { signal });
  } catch (error) {
    throw receivingFailure(error);
  }
}

/** Makes the snapshot that came the tag; the filesystem is there only as that rests on it. */
function takeReceived(store: StreamedStore, files: Files, filesystem: string, place: Place, proof: string): void {
  const snapshot = store.datasets(files).find(({ name }) => name === receivedSnapshot(filesystem));
  if (snapshot === undefined) throw notReceived('nothing came of it');
  if (snapshot.guid !== proof) throw notReceived(`it is of the snapshot ${snapshot.guid}, not of ${proof}`);
  markDataset({ system: store.system, files }, snapshot.name, place);
  markDataset({ system: store.system, files }, filesystem, null);
}

/** After a failure, which is what there is to tell: what cannot be removed now, `remove` removes. */
function discard(store: StreamedStore, files: Files, place: Place): void {
  const pool: Pool = { system: store.system, files, name: store.pool };
  try {
    removeObject(pool, () => store.datasets(files), place);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
  }
}

function foundIn(all: readonly Dataset[], place: Place): Dataset {
  const dataset = datasetAt(all, place);
  if (dataset === null) throw noObject(place, 'there is no dataset');
  return dataset;
}
