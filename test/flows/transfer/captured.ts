import { withOutgoing } from '../../../src/flows/transfer/send-tag.ts';
import type { ByteStream } from '../../../src/system/streams.ts';
import type { PutRequest } from '../../../src/transfer/peer.ts';
import type { StoreSandbox } from '../../store/store-sandbox.ts';
import { hooks, objectOf } from './two-stores.ts';

/** A tag with the stream that it is sent as, to be sent again and again, or as something else. */
export type Captured = { readonly request: PutRequest; readonly bytes: Uint8Array };

export async function capture(
  store: StoreSandbox,
  tag: string,
  format: 'btrfs' | 'tar',
  parent: string | null = null,
): Promise<Captured> {
  const on = parent === null ? null : objectOf(store, parent).uuid;
  const wanted = { object: objectOf(store, tag).uuid, format, parent: on };
  return await withOutgoing(store.place, wanted, hooks, async ({ offer, bytes }) => {
    const pieces: Uint8Array[] = [];
    for await (const piece of bytes) pieces.push(piece);
    return { request: { ...offer, expects: on }, bytes: Buffer.concat(pieces) };
  });
}

/** Bytes as a stream of pieces; `between` is done before each piece. */
export async function* inPieces(
  bytes: Uint8Array,
  size = 16_384,
  between: (at: number) => Promise<void> | void = () => undefined,
): ByteStream {
  for (let at = 0; at < bytes.length; at += size) {
    await between(at);
    yield bytes.subarray(at, at + size);
  }
}
