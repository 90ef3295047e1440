import type { LoaderState } from '../../boot/loader.ts';
import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { Failure } from '../../domain/failure.ts';
import type { StorePlace } from '../../store/open-store.ts';
import type { LoaderRecord } from './loader-record.ts';
import { type KnownLoader, loaderOf, withLoader } from './with-loader.ts';

/** The loader of a store's machine, and what it decides by. */
export type LoaderShown = { readonly record: LoaderRecord; readonly state: LoaderState };

/** Reads what the loader would read. Throws Failure `loader-unset` where the machine has none that is known. */
export async function showLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<LoaderShown> {
  const known = await requireLoader(place, choices);
  return { record: known.record, state: withLoader(known, ({ loader }) => loader.read()) };
}

/** The loader of a machine that is to have one. Throws Failure `loader-unset`. */
export async function requireLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<KnownLoader> {
  const known = await loaderOf(place, choices);
  if (known !== null) return known;
  throw new Failure({
    code: 'loader-unset',
    kind: 'input',
    message: 'The store does not know which loader starts this machine',
    advice: 'Say so with migrate loader set; until then migrate entry prints what a loader needs',
  });
}
