import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { type Reconciled, reconcile } from '../loader/reconcile.ts';
import { type StartFound, writeStartFound } from '../start-found.ts';
import { tellOfStore } from './tell.ts';

/**
 * Brings store and loader together, keeps what that found of this start for `migrate status`, and writes the login message of
 * this boot, also where that fails: a loader that cannot be written is what a person should hear of. `run` is `/run`, but in
 * tests. Throws what `reconcile` does; `onNote` hears what went wrong besides.
 */
export async function reconcileAndTell(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  onNote: (note: string) => void,
  run = '/run',
): Promise<Reconciled | null> {
  const found = await reconcileOrTell(place, choices, onNote, run);
  keepAndTell(place, { uncounted: found?.uncounted ?? null, unsettled: null }, run);
  return found;
}

async function reconcileOrTell(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  onNote: (note: string) => void,
  run: string,
): Promise<Reconciled | null> {
  try {
    return await reconcile(place, choices);
  } catch (error) {
    const unsettled = `what the loader starts is not settled (migrate loader reconcile tries again): ${messageOf(error)}`;
    try {
      keepAndTell(place, { uncounted: null, unsettled }, run);
    } catch (other) {
      // Whatever it is: the first error is what a person has to hear of.
      onNote(`The login message is as it was: ${messageOf(other)}`);
    }
    throw error;
  }
}

function keepAndTell(place: StorePlace, found: StartFound, run: string): void {
  writeStartFound(place.system, found);
  tellOfStore(place, run);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
