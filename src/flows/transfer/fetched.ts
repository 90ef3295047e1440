import { originOf, remoteHead } from '../../domain/origin.ts';
import type { StreamFormat } from '../../domain/stream-format.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { displayObject, objectsIn } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import type { Offer } from '../../transfer/peer.ts';
import type { StoreRequest } from '../place-of-store.ts';
import type { OnProgress } from '../progress.ts';
import type { WantedTag } from './wanted-tags.ts';

export type FetchRequest = StoreRequest & {
  /** `VOLUME`, `VOLUME/BRANCH`, `HOST/VOLUME/BRANCH` or `TAG@VOLUME`; null for all. */
  readonly name: string | null;
  readonly remote: string;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
};

/** A tag that is here now. */
export type Fetched = {
  readonly name: string;
  readonly uuid: string;
  /** The branch that it was made of, as that was called there. */
  readonly branch: string | null;
  readonly isNew: boolean;
  readonly format: StreamFormat | null;
  readonly bytes: number;
};

/** What was fetched, and all that the other store has of its volume. */
export type FetchedTag = { readonly fetched: Fetched; readonly wanted: WantedTag; readonly source: string };

/** The tag of that uuid, if it is here already. */
export function fetchedHere({ state }: Store, uuid: string): Fetched | null {
  const here = state.objects.get(uuid)?.record;
  if (here === undefined) return null;
  return { ...fetchedAs(displayObject(state, here), here), isNew: false, format: null, bytes: 0 };
}

/** A tag by the name that it has here. */
export function fetchedAs(name: string, object: ObjectRecord): Pick<Fetched, 'name' | 'uuid' | 'branch'> {
  return { name, uuid: object.uuid, branch: originOf(object)?.branch ?? null };
}

/** The last tag that is here of the branch of an offer: what another store says of its branch counts, whatever was before. */
export function headHere({ state }: Store, { volume, origin }: Offer): string | null {
  return origin === null ? null : (remoteHead(objectsIn(state, volume.uuid), origin)?.uuid ?? null);
}
