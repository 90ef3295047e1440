import type { LoaderProblem } from '../../boot/loader.ts';
import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import { versionCalled } from '../staging/change-version.ts';
import { dropVersion, tidyUp } from '../staging/drop-version.ts';
import { endsOf, type SwitchRequest } from '../staging/ends-of-switch.ts';
import { clockBehind, examine, notStartable, recordDamaged } from './examine.ts';
import { type LoaderUpdate, readOrNothing, updateLoader } from './update-loader.ts';
import { type KnownLoader, loaderOf, withLoader, withLoaderAlone } from './with-loader.ts';

/**
 * Whether a trial would be safe, before anything is done for one. A machine without a loader that is known is its
 * operator's to start. Throws Failure `loader-unsafe`, which names the first reason.
 */
export async function requireSafeLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<void> {
  const known = await loaderOf(place, choices);
  if (known !== null) requireSafe(place, known);
}

/** What keeps from trying an image, and not from a reset: some of it is a reason for one. An initramfs may have no clock at all. */
const noMatterOfReset: readonly string[] = [notStartable, recordDamaged, clockBehind];

/** The same before a reset. */
export async function requireSafeReset(place: StorePlace, choices: readonly LoaderChoice[]): Promise<void> {
  const known = await loaderOf(place, choices);
  if (known !== null) requireSafe(place, known, noMatterOfReset);
}

/** The same before a switch. What the loader starts by itself anyway is gone back to without a trial, whatever is unsafe. */
export async function requireSafeSwitch(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  ends: SwitchRequest,
): Promise<void> {
  const known = await loaderOf(place, choices);
  if (known === null) return;
  const { good } = withLoader(known, readOrNothing).state;
  const { target } = readStore(place, (store) => endsOf(store, ends));
  if (target.id !== good) requireSafe(place, known);
}

function requireSafe(place: StorePlace, known: KnownLoader, without: readonly string[] = []): void {
  const problem = examine(place, known).find(({ key, blocksTrial }) => blocksTrial && !without.includes(key));
  if (problem !== undefined) throw unsafe(problem);
}

/** Has the loader try what the store has armed, with all its starts. Null where the machine has no loader that is known. */
export async function armLoader(place: StorePlace, choices: readonly LoaderChoice[]): Promise<LoaderUpdate | null> {
  const known = await loaderOf(place, choices);
  return known === null ? null : withLoaderAlone(place, () => updateLoader(place, known, { anew: true }));
}

/**
 * The same for a version that has just been staged; null too where it is not armed. One that the loader cannot start is none:
 * it goes, and its image stays. Throws what `updateLoader` does.
 */
export async function armStaged(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  { id, state }: Pick<VersionRecord, 'id' | 'state'>,
): Promise<LoaderUpdate | null> {
  if (state !== 'armed') return null;
  try {
    return await armLoader(place, choices);
  } catch (error) {
    tidyUp(place, (store) => dropVersion(store, versionCalled(store, id)));
    throw error;
  }
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
