import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import { type MarkedGood, markGood, versionToMark } from '../staging/mark-good.ts';
import { updateLoader } from './update-loader.ts';
import { loaderOf, withLoaderAlone } from './with-loader.ts';

/** What became of it, and what a person should know of the loader. */
export type Committed = MarkedGood & { readonly notes: readonly string[] };

/**
 * Ends the trial of a version: the loader first, read back, since that decides what boots; then the store. Cut off in
 * between, the next reconciliation finishes it; so it does where the store cannot be written then, which is a note: the loader
 * has committed, and nothing leads back (case 111). `id` is null for the version that runs. Throws what `markGood` does, and
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
    return markOrNote(place, version, notes);
  });
}

function markOrNote(place: StorePlace, version: VersionRecord, notes: readonly string[]): Committed {
  try {
    return { ...markGood(place, version.id), notes };
  } catch (error) {
    // Whatever it is: whoever hears of a failure starts the machine again, for nothing.
    const why = error instanceof Error ? error.message : String(error);
    const note = `The loader has committed ${version.id}, and the store does not say so before the next boot: ${why}`;
    return { version, retired: [], changed: version.state !== 'good', notes: [...notes, note] };
  }
}
