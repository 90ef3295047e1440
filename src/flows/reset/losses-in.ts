import type { Reset } from '../../domain/reset.ts';
import type { Loss } from '../../domain/reset-states.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import { lossesOf } from './losses.ts';

/** What a reset of the machine of a store takes away; see `lossesOf`. */
export function lossesIn(place: StorePlace, reset: Pick<Reset, 'mode'>): readonly Loss[] {
  return readStore(place, (store) => lossesOf(store, reset));
}
