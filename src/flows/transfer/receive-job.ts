import type { StorePlace } from '../../store/open-store.ts';
import type { Receiving } from '../../store/receive-object.ts';
import type { ByteStream } from '../../system/streams.ts';
import type { PutRequest } from '../../transfer/peer.ts';
import type { TransferHooks } from './transfer-hooks.ts';

/** Where a tag is received, what of it the ledger knows, and what comes. */
export type ReceiveJob = {
  readonly place: StorePlace;
  readonly receiving: Receiving;
  readonly request: PutRequest;
  readonly bytes: ByteStream;
  readonly hooks: TransferHooks;
};
