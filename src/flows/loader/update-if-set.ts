import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { StorePlace } from '../../store/open-store.ts';
import type { System } from '../../system/system.ts';
import { reconcileAndTell } from '../health/reconcile-and-tell.ts';
import type { StoreRequest } from '../place-of-store.ts';
import { isStartUnsettled } from '../start-found.ts';
import { refreshLoader } from './arm-loader.ts';
import { storeIfThere } from './store-if-there.ts';
import type { LoaderUpdate } from './update-loader.ts';

/**
 * Has the loader know of what has changed in the store and in the roots of versions. Null where there is no store, or where
 * its machine has no loader that is known. What this start left unsettled is tried again, and told anew at login and by status;
 * that it fails again is a note. `run` is `/run`, but in tests.
 */
export async function updateIfSet(
  system: System,
  request: StoreRequest,
  choices: readonly LoaderChoice[],
  run = '/run',
): Promise<LoaderUpdate | null> {
  const place = await storeIfThere(system, request);
  const update = place === null ? null : await refreshLoader(place, choices);
  if (place === null || update === null || !isStartUnsettled(system)) return update;
  return { ...update, notes: [...update.notes, ...(await settle(place, choices, run))] };
}

/** The loader is up to date by then, whatever becomes of the rest. */
async function settle(place: StorePlace, choices: readonly LoaderChoice[], run: string): Promise<readonly string[]> {
  const notes: string[] = [];
  try {
    const found = await reconcileAndTell(place, choices, (note) => notes.push(note), run);
    return [...notes, ...(found?.notes ?? [])];
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return [...notes, `What this start left unsettled was tried again, and that failed: ${error.message}`];
  }
}
