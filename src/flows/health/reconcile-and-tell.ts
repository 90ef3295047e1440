import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { type Reconciled, reconcile } from '../loader/reconcile.ts';
import { tellOfStore } from './tell.ts';

/**
 * Brings store and loader together, and writes the login message of this boot, also where that fails: a loader that cannot be
 * written is what a person should hear of. `run` is `/run`, but in tests. Throws what `reconcile` does.
 */
export async function reconcileAndTell(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  run = '/run',
): Promise<Reconciled | null> {
  const found = await reconcileOrTell(place, choices, run);
  const problem = found?.uncounted ?? null;
  tellOfStore(place, run, problem);
  return found;
}

async function reconcileOrTell(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  run: string,
): Promise<Reconciled | null> {
  try {
    return await reconcile(place, choices);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    tellOfStore(place, run, `what the loader starts is not settled: ${why}`);
    throw error;
  }
}
