import { errorCode } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type ReachedStore, type StoreRequest } from '../place-of-store.ts';

/** The store, or null where there is none: units and hooks of package managers run on every machine. */
export async function storeIfThere(system: System, request: StoreRequest): Promise<ReachedStore | null> {
  try {
    return await placeOfStore(system, request);
  } catch (error) {
    if (errorCode(error) === 'no-store') return null;
    throw error;
  }
}
