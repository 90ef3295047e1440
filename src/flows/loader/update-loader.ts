import type { LoaderState, Menu, MenuEntry, OneShot, Trial } from '../../boot/loader.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { VersionRecord, VersionState } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { pendingTotalOf } from '../reset/total/pending-total.ts';
import { recordsOnceGood } from '../staging/mark-good.ts';
import { installStarts, removeUnused, type WantedStarts } from './install-starts.ts';
import { recoveryStarts } from './recovery-starts.ts';
import { damagedStart, startsOf, startWithKernelBefore, versionStart } from './starts-of-versions.ts';
import { type KnownLoader, type LoaderAt, withLoader } from './with-loader.ts';

/** What the loader does at the next start, and what a person should know of it. */
export type LoaderUpdate = { readonly state: LoaderState; readonly notes: readonly string[] };

type UpdateOptions = { readonly anew?: boolean; readonly asGood?: string | null; readonly alone?: boolean };

/** States in which a version is on trial, as the loader sees it: it is to be started, and has not proven itself. */
const onTrial: readonly VersionState[] = ['armed', 'migrating', 'waiting', 'trial'];

/**
 * Has the loader start what the records of the store say: kernels beside the loader, then the menu, then the state. A trial that
 * it has begun to count goes on with what it has left, unless it is armed `anew`. `asGood` names a version that is to be the good
 * one before the store says so (the loader decides, and is told first); `alone` has no other version in the menu. The caller is alone (`withLoaderAlone`). Throws Failure
 * `no-good-version`, `no-boot-space`, `loader-not-written` ….
 */
export function updateLoader(
  place: StorePlace,
  known: KnownLoader,
  { anew = false, asGood = null, alone = false }: UpdateOptions = {},
): LoaderUpdate {
  return readStore(place, (store) =>
    withLoader(known, (at) => {
      const { state: before, notes: lost } = readOrNothing(at);
      const { unstartable, ...wanted } = wantedOf(store, before, { asGood, alone });
      const { menu, notes } = installStarts(store, at, wanted, { before, mustBeTried: anew });
      at.checkpoint();
      at.loader.writeMenu(menu);
      const trial = trialOf(menu.trial, before.trial, { tries: at.record.tries, anew });
      const state = { good: menu.good, trial, once: onceOf(store, trial) };
      at.loader.write(state);
      return { state, notes: [...lost, ...unstartable, ...notes, ...removeOrNote(at, menu)] };
    }),
  );
}

/** The loader has decided by then: what only takes room goes the next time. */
function removeOrNote(at: LoaderAt, menu: Menu): readonly string[] {
  try {
    removeUnused(at, menu);
    return [];
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return [`What no version starts by any more is still beside the loader: ${error.message}`];
  }
}

/** A loader that has lost its state starts what its menu says; it is told anew by what the store holds. */
export function readOrNothing({ loader }: LoaderAt): {
  readonly state: LoaderState;
  readonly notes: readonly string[];
} {
  try {
    return { state: loader.read(), notes: [] };
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'loader-damaged') throw error;
    return { state: { good: null, trial: null, once: null }, notes: [`${error.message}: it is written anew`] };
  }
}

/** Whether the loader starts already what the records say. Throws Failure `no-good-version`. */
export function isSettled(store: Store, { good: before, trial: counted, once }: LoaderState): boolean {
  const { good, trial } = chosenOf(readWholeVersions(store.files), before);
  const isOnceSettled = onceOf(store, counted)?.nonce === once?.nonce;
  return good.id === before && (trial?.id ?? null) === (counted?.version ?? null) && isOnceSettled;
}

/** What the next start of the version on trial is told: that its reset, which destroys everything else, was asked for. */
function onceOf(store: Store, trial: Trial | null): OneShot | null {
  if (trial === null || trial.failed) return null;
  const version = readWholeVersions(store.files).find(({ id }) => id === trial.version);
  const request = version === undefined ? null : pendingTotalOf(store, version);
  return request?.state === 'armed' ? { mode: 'total', nonce: request.nonce } : null;
}

/** The version that the loader starts where nothing is on trial. Throws Failure `no-good-version`. */
export function goodVersionOf(store: Store, { good }: LoaderState): VersionRecord {
  return chosenOf(readWholeVersions(store.files), good).good;
}

/** What the records say is to be in the menu, and what of it nothing could start. */
function wantedOf(
  store: Store,
  { good: before }: LoaderState,
  { asGood, alone }: Required<Pick<UpdateOptions, 'asGood' | 'alone'>>,
): WantedStarts & { readonly unstartable: readonly string[] } {
  const all = asGood === null ? readWholeVersions(store.files) : recordsOnceGood(store, asGood);
  const { records, good, trial } = chosenOf(all, asGood ?? before);
  const others = records.filter(
    ({ id, state }) => id !== good.id && id !== trial?.id && (state === 'good' || state === 'retired'),
  );
  const { starts, unstartable } = startsOf(store, alone ? [] : others.toReversed());
  // What is wrong with the one that is reset is no reason not to reset it.
  const start = trial === null || trial.reset === null ? versionStart(store, good) : damagedStart(store, good);
  return {
    good: start,
    trial: trial === null ? null : versionStart(store, trial),
    others: starts,
    recovery: recoveryStarts(store, start),
    kernelBefore: alone ? null : startWithKernelBefore(store, start),
    unstartable: unstartable.map(({ version, why }) => `${version.id} is not in the menu: ${why}`),
  };
}

type Chosen = {
  readonly records: readonly VersionRecord[];
  readonly good: VersionRecord;
  readonly trial: VersionRecord | null;
};

function chosenOf(all: readonly VersionRecord[], preferred: string | null): Chosen {
  const records = all.filter(({ removing }) => !removing);
  const good = goodOf(records, preferred);
  const trial = records.findLast(({ id, state }) => id !== good.id && onTrial.includes(state)) ?? null;
  return { records, good, trial };
}

/** The one that is preferred, unless it failed; else the one that is good by the store; of two, as after a crash, the newer. */
function goodOf(records: readonly VersionRecord[], preferred: string | null): VersionRecord {
  const named = records.find(({ id }) => id === preferred);
  const good = records.findLast(({ state }) => state === 'good');
  const found = named !== undefined && named.state !== 'failed' ? named : good;
  if (found !== undefined) return found;
  throw new Failure({
    code: 'no-good-version',
    kind: 'failed',
    message: 'Cannot set up the loader: no version of the store is good, so there is none to fall back to',
    advice: 'Say of the one that runs that it is: migrate mark-good VERSION',
  });
}

function trialOf(
  wanted: MenuEntry | null,
  before: Trial | null,
  { tries, anew }: { readonly tries: number; readonly anew: boolean },
): Trial | null {
  if (wanted === null) return null;
  const { version } = wanted;
  return before?.version === version && !anew ? before : { version, tries, failed: false };
}
