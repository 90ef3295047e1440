import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { ObjectRecord, VolumeRecord } from '../../domain/volume.ts';
import { volumeOf } from '../../store/ledger-state.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import { abandonReceive, beginReceive, endReceive, type Receiving } from '../../store/receive-object.ts';
import type { ByteStream } from '../../system/streams.ts';
import type { PutRequest } from '../../transfer/peer.ts';
import { incomingOf, requireHead } from './incoming.ts';
import { receiveArchive } from './receive-archive.ts';
import { receiveNative } from './receive-native.ts';
import type { TransferHooks } from './transfer-hooks.ts';

export type ReceivedTag = { readonly volume: VolumeRecord; readonly object: ObjectRecord };

/**
 * Receives a tag: it is there whole and verified, or nothing of it is. The store is not locked meanwhile. `bytes` are asked for when the offer is taken. Throws
 * Failure `diverged` where the head of the remote branch is, or has become, another than was expected; `exists`,
 * `unrelated`, `parent-missing`, `format`, `busy`, `no-space`, `stream-damaged`, and what the stream throws.
 */
export async function receiveTag(
  place: StorePlace,
  request: PutRequest,
  bytes: () => ByteStream,
  hooks: TransferHooks,
): Promise<ReceivedTag> {
  const receiving = changeStore(place, (store) => {
    requireHead(store, request);
    return beginReceive(store, incomingOf(store, request));
  });
  try {
    const job = { place, receiving, request, bytes: watched(bytes(), hooks), hooks };
    const make = request.format === 'tar' ? await receiveArchive(job) : await receiveNative(job);
    return changeStore(place, (store) => {
      requireHead(store, request);
      const object = endReceive(store, receiving, () => make(store));
      return { object, volume: volumeOf(store.state, object) };
    });
  } catch (error) {
    abandon(place, receiving, error);
    throw error;
  } finally {
    receiving.release();
  }
}

/** After a failure, which is what there is to tell: what cannot be removed now is removed by the next change. */
function abandon(place: StorePlace, receiving: Receiving, cause: unknown): void {
  try {
    changeStore(place, (store) => abandonReceive(store, receiving, cause));
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
  }
}

async function* watched(bytes: ByteStream, { onProgress, signal }: TransferHooks): ByteStream {
  let count = 0;
  for await (const piece of bytes) {
    signal.throwIfAborted();
    count += piece.length;
    onProgress({ phase: 'receive', bytes: count });
    yield piece;
  }
}
