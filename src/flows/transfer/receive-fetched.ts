import { displayObject } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { ByteStream } from '../../system/streams.ts';
import type { Offer } from '../../transfer/peer.ts';
import { type Fetched, type FetchRequest, fetchedAs, headHere } from './fetched.ts';
import { receiveTag } from './receive-tag.ts';

/** A tag that was asked for. */
export type Asked = {
  readonly offer: Offer;
  readonly bytes: ByteStream;
  /** What its bytes are said to be while they come: `verify` for what lies here already. */
  readonly phase: 'receive' | 'verify';
};

/** Receives a tag that this store has asked for. Throws those of `receiveTag`. */
export async function receiveFetched(
  place: StorePlace,
  { offer, bytes: stream, phase }: Asked,
  { signal, onProgress }: FetchRequest,
): Promise<Fetched> {
  let bytes = 0;
  const onDone = (done: { readonly phase: string; readonly bytes: number }): void => {
    if (done.phase === 'receive') bytes = done.bytes;
    const shown = done.phase === 'receive' ? phase : 'verify';
    onProgress({ phase: shown, done: done.bytes, total: null, unit: 'bytes' });
  };
  const expects = readStore(place, (store) => headHere(store, offer));
  const { object } = await receiveTag(place, { ...offer, expects }, () => stream, { signal, onProgress: onDone });
  const name = readStore(place, ({ state }) => displayObject(state, object));
  return { ...fetchedAs(name, object), isNew: true, format: offer.format, bytes };
}
