import type { LoaderProblem } from '../../boot/loader.ts';
import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { Failure } from '../../domain/failure.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { type LoaderUpdate, updateLoader } from './update-loader.ts';
import { loaderOf, withLoader, withLoaderAlone } from './with-loader.ts';

/**
 * Whether a trial would be safe, before anything is done for one. A machine without a loader that is known is its
 * operator's to start. Throws Failure `loader-unsafe`, which names the first reason.
 */
export async function requireSafeLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<void> {
  const known = await loaderOf(place, choices);
  if (known === null) return;
  const [problem] = withLoader(known, ({ loader }) => loader.problems()).filter(({ blocksTrial }) => blocksTrial);
  if (problem !== undefined) throw unsafe(problem);
}

/** Has the loader try what the store has armed, with all its starts. Null where the machine has no loader that is known. */
export async function armLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<LoaderUpdate | null> {
  const known = await loaderOf(place, choices);
  return known === null ? null : withLoaderAlone(place, () => updateLoader(place, known, { anew: true }));
}

/** Has the loader know of what has changed in the store; null likewise. */
export async function refreshLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<LoaderUpdate | null> {
  const known = await loaderOf(place, choices);
  return known === null ? null : withLoaderAlone(place, () => updateLoader(place, known));
}

function unsafe({ message, advice }: LoaderProblem): Failure {
  return new Failure({
    code: 'loader-unsafe',
    kind: 'failed',
    message: `Cannot have the next boot try a version: ${message}`,
    advice: `${advice}; migrate doctor tells all there is`,
  });
}
