export type { Checked } from '../../store/fsck.ts';

import { type Checked, checkStore, repairStore } from '../../store/fsck.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';

/** Compares the ledger of a store with what lies in it; with `repair` makes good what can be. */
export async function examineStore(
  system: System,
  request: StoreRequest & { readonly repair: boolean },
): Promise<Checked> {
  const place = await placeOfStore(system, request);
  return request.repair ? repairStore(place) : checkStore(place);
}
