import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { errorCode } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type ReachedStore, type StoreRequest } from '../place-of-store.ts';
import { refreshLoader } from './arm-loader.ts';
import type { LoaderUpdate } from './update-loader.ts';

/**
 * Has the loader know of what has changed in the store and in the roots of versions. Null where there is no store, or where
 * its machine has no loader that is known: hooks of package managers run on every machine.
 */
export async function updateIfSet(
  system: System,
  request: StoreRequest,
  choices: readonly LoaderChoice[],
): Promise<LoaderUpdate | null> {
  const place = await storeIfThere(system, request);
  return place === null ? null : await refreshLoader(place, choices);
}

async function storeIfThere(system: System, request: StoreRequest): Promise<ReachedStore | null> {
  try {
    return await placeOfStore(system, request);
  } catch (error) {
    if (errorCode(error) === 'no-store') return null;
    throw error;
  }
}
