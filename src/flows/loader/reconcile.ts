import { type LoaderProblem, type LoaderState, notWritableKey } from '../../boot/loader.ts';
import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { lastFailureOf } from '../health/failure-logs.ts';
import { readCommandLine } from '../read-boot-request.ts';
import { readBooted } from '../read-booted.ts';
import { recordFailed } from '../record-at-boot.ts';
import { keepReserve } from '../reset/reserve.ts';
import { runningVersionOf } from '../running-version.ts';
import { markGoodIn } from '../staging/mark-good.ts';
import { isSettled, type LoaderUpdate, readOrNothing, updateLoader } from './update-loader.ts';
import { type KnownLoader, loaderOf, withLoader, withLoaderAlone } from './with-loader.ts';

/** What was found at this boot, for the log and the login message. */
export type Reconciled = LoaderUpdate & {
  /** The version that was given up at this boot or before it, and why; null where none was. */
  readonly failed: { readonly version: string; readonly why: string } | null;
  /** The version that the loader had committed, and the store did not know of it. */
  readonly committed: string | null;
  /** Why the version on trial that runs could be started without end; null where its start was counted, or none is on trial. */
  readonly uncounted: string | null;
};

/**
 * Brings the store to what the loader has decided, then the loader to what the store holds. Run at every boot, before
 * anything else looks at either. Null where the machine has no loader that is known.
 */
export async function reconcile(place: StorePlace, choices: readonly LoaderChoice[]): Promise<Reconciled | null> {
  const known = await loaderOf(place, choices);
  if (known === null) return null;
  return withLoaderAlone(place, () => {
    const { state } = withLoader(known, readOrNothing);
    const uncounted = whyUncounted(place, known, state);
    const { settled, ...found } = changeStore(place, (store) => {
      keepReserve(store.files);
      return { ...adopt(store, known, state), settled: isTried(store, state) && isSettled(store, state) };
    });
    // At most boots nothing is to be done, and comparing kernels would take its time. A power cut between two writes leaves
    // what is right now, and would be wrong were the newer of them lost.
    const problems = problemsOf(known);
    if (settled && !problems.some(({ isHalfWritten }) => isHalfWritten))
      return { ...found, uncounted, state, notes: [] };
    return { ...found, uncounted, ...updateIfWritable(place, known, state, problems) };
  });
}

/** A machine whose loader cannot count starts its good version, at every boot: that is told, and is no failure (case 101). */
function updateIfWritable(
  place: StorePlace,
  known: KnownLoader,
  state: LoaderState,
  problems: readonly LoaderProblem[],
): LoaderUpdate {
  const problem = problems.find(({ key }) => key === notWritableKey);
  if (problem === undefined) return updateAndTell(place, known, problems);
  return { state, notes: [`Nothing is tried, and the loader stays as it is: ${problem.message}`] };
}

/** What was damaged is whole again then, and nothing else would tell that it was. */
function updateAndTell(place: StorePlace, known: KnownLoader, before: readonly LoaderProblem[]): LoaderUpdate {
  const { state, notes } = updateLoader(place, known);
  const left = new Set(before.length === 0 ? [] : problemsOf(known).map(({ key }) => key));
  const mended = before.filter(({ key }) => !left.has(key));
  return { state, notes: [...mended.map(({ message }) => `Mended: ${message}`), ...notes] };
}

function problemsOf(known: KnownLoader): readonly LoaderProblem[] {
  return withLoader(known, ({ loader }) => loader.problems());
}

/** Where something else runs although a trial has starts left, a power cut may have kept it out of the menu. */
function isTried(store: Store, { trial }: LoaderState): boolean {
  return trial === null || runningVersionOf(store.system, readWholeVersions(store.files))?.id === trial.version;
}

/** The initramfs refuses to make such a version; later starts of it, and a rollback, have no part in an initramfs (case 105). */
function whyUncounted(place: StorePlace, { system, record, kind }: KnownLoader, { trial }: LoaderState): string | null {
  const running = readStore(place, ({ files }) => runningVersionOf(system, readWholeVersions(files)));
  if (trial === null || running?.id !== trial.version) return null;
  const why = kind.whyNotCounted(system);
  return why === null ? null : `${record.kind} has not counted this start of ${running.id}: ${why}`;
}

function adopt(store: Store, { record }: KnownLoader, state: LoaderState): Pick<Reconciled, 'failed' | 'committed'> {
  return { failed: adoptFailure(store, state, record.tries), committed: adoptCommit(store, state) };
}

/** A trial that the loader has given up, or that this very boot fell back from, for good. */
function adoptFailure(store: Store, { trial }: LoaderState, tries: number): Reconciled['failed'] {
  if (trial === null) return null;
  const version = versionOf(store, trial.version);
  if (version === null) return null;
  if (version.state === 'failed') return { version: version.id, why: version.reason ?? '' };
  const why = whyFailed(store, version, { failed: trial.failed, tries });
  if (why === null) return null;
  recordFailed(store, version, why);
  return { version: version.id, why };
}

function whyFailed(
  store: Store,
  { id }: VersionRecord,
  { failed, tries }: { readonly failed: boolean; readonly tries: number },
): string | null {
  const booted = readBooted(store.system);
  const isOfThisBoot = readCommandLine(store.system).value('migrate.version') === id;
  if (booted?.outcome === 'fallback' && booted.forNow !== true && isOfThisBoot)
    return booted.reason ?? 'its migration failed';
  if (!failed || runningVersionOf(store.system, readWholeVersions(store.files))?.id === id) return null;
  const why = `none of its ${tries} starts came to be good`;
  return [why, ...lastFailureOf(store.files, id)].join(': ');
}

/** The loader commits first: what it starts by itself, and what runs, has proven itself. */
function adoptCommit(store: Store, { good, trial }: LoaderState): string | null {
  const version = good === null || trial !== null ? null : versionOf(store, good);
  const records = readWholeVersions(store.files);
  if (version === null || !isHalfCommitted(version, records)) return null;
  if (runningVersionOf(store.system, records)?.id !== version.id) return null;
  markGoodIn(store, version);
  return version.id;
}

/** Whether its commit was cut off: it is on trial still, or good, and the one before it is not retired. */
function isHalfCommitted({ id, state }: VersionRecord, records: readonly VersionRecord[]): boolean {
  return state === 'trial' || (state === 'good' && records.some((other) => other.state === 'good' && other.id !== id));
}

function versionOf({ files }: Store, id: string): VersionRecord | null {
  return readWholeVersions(files).find((one) => one.id === id && !one.removing) ?? null;
}
