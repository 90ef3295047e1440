import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { System } from '../../system/system.ts';
import type { StoreRequest } from '../place-of-store.ts';
import { refreshLoader } from './arm-loader.ts';
import { storeIfThere } from './store-if-there.ts';
import type { LoaderUpdate } from './update-loader.ts';

/**
 * Has the loader know of what has changed in the store and in the roots of versions. Null where there is no store, or where
 * its machine has no loader that is known.
 */
export async function updateIfSet(
  system: System,
  request: StoreRequest,
  choices: readonly LoaderChoice[],
): Promise<LoaderUpdate | null> {
  const place = await storeIfThere(system, request);
  return place === null ? null : await refreshLoader(place, choices);
}
