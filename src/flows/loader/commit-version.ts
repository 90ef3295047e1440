import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import { type MarkedGood, markGood, versionToMark } from '../staging/mark-good.ts';
import { updateLoader } from './update-loader.ts';
import { loaderOf, withLoaderAlone } from './with-loader.ts';

/** What became of it, and what a person should know of the loader. */
export type Committed = MarkedGood & { readonly notes: readonly string[] };

/**
 * Ends the trial of a version: the loader first, read back, since that decides what boots; then the store. Cut off in
 * between, the next reconciliation finishes it. `id` is null for the version that runs. Throws what `markGood` does, and
 * `loader-not-written`, with nothing marked.
 */
export async function commitVersion(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  id: string | null,
): Promise<Committed> {
  const known = await loaderOf(place, choices);
  if (known === null) return { ...markGood(place, id), notes: [] };
  return withLoaderAlone(place, () => {
    const version = readStore(place, (store) => versionToMark(store, id));
    const { notes } = updateLoader(place, known, { asGood: version.id });
    return { ...markGood(place, version.id), notes };
  });
}
