import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { Failure } from '../../domain/failure.ts';
import type { CheckResult, Health } from '../../domain/health.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { StorePlace } from '../../store/open-store.ts';
import type { System } from '../../system/system.ts';
import { readVersions } from '../../versions/records.ts';
import { type Committed, commitVersion } from '../loader/commit-version.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { readBooted } from '../read-booted.ts';
import { runningVersionOf } from '../running-version.ts';
import type { MarkedGood } from '../staging/mark-good.ts';
import { failureFolder } from './failure-folder.ts';
import { saveFailedBoot } from './failure-logs.ts';
import { findChecks } from './find-checks.ts';
import { type CheckSettings, runChecks } from './run-checks.ts';
import { tellOfStore } from './tell.ts';

/** What came of it. `notes` are what went wrong besides, and changed nothing. */
export type CheckedGood =
  | { readonly kind: 'not-on-trial'; readonly why: string }
  | { readonly kind: 'good'; readonly marked: MarkedGood; readonly health: Health; readonly notes: readonly string[] }
  | {
      readonly kind: 'not-healthy';
      readonly version: string;
      readonly health: Health;
      /** Where in the store what failed is kept. */
      readonly logs: string;
      readonly notes: readonly string[];
    };

export type CheckedGoodRequest = CheckSettings & {
  /** Where the system lies whose checks are run; `/`, but in tests. */
  readonly root: string;
  /** Where a login message lies; `/run`, but in tests. */
  readonly run: string;
  readonly loaders: readonly LoaderChoice[];
  readonly signal: AbortSignal;
  readonly onResult: (result: CheckResult) => void;
};

/**
 * Runs the checks where the version that runs is on trial, and marks it good where none of the required ones failed. Else keeps
 * what failed in the store, and changes nothing: whoever called decides whether the machine starts again. Once the version is
 * good nothing leads back (case 111): what fails then is a note. Throws what `commitVersion` throws, and keeps that in the store too.
 */
export async function markGoodChecked(
  system: System,
  store: StoreRequest,
  request: CheckedGoodRequest,
): Promise<CheckedGood> {
  // After a fallback in the same boot the command line speaks of a version that does not run.
  if (readBooted(system)?.outcome === 'fallback') {
    return { kind: 'not-on-trial', why: 'this boot fell back to an earlier version' };
  }
  const place = await placeOfStore(system, store);
  const running = runningIn(system, place);
  if (running?.state !== 'trial') return { kind: 'not-on-trial', why: whyNot(running) };
  const { signal, onResult } = request;
  const health = await runChecks(system, findChecks(system, request.root), request, { signal, onResult });
  if (!health.healthy) {
    const unhealthy = { version: running.id, health, problem: null };
    return { kind: 'not-healthy', ...unhealthy, ...(await kept(system, place, unhealthy, signal)) };
  }
  const { notes, ...marked } = await commitOrKeep(system, place, request, { version: running.id, health });
  return { kind: 'good', marked, health, notes: [...notes, ...afterCommit(place, request.run)] };
}

/**
 * Keeps in the store what failed, whatever the state of the version that runs; gives what could not be kept, and why. For a boot
 * that does not come to where `markGoodChecked` is called. Throws Failure `no-version` where no version of the store runs.
 */
export async function keepFailedBoot(
  system: System,
  store: StoreRequest,
  health: Health,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const place = await placeOfStore(system, store);
  const running = runningIn(system, place);
  if (running !== null)
    return (await kept(system, place, { version: running.id, health, problem: null }, signal)).notes;
  throw new Failure({
    code: 'no-version',
    kind: 'input',
    message: 'Cannot keep what failed: this machine runs no version of the store',
  });
}

function runningIn(system: System, { directory }: StorePlace): VersionRecord | null {
  return withDirectory(system, directory, (files) => runningVersionOf(system, readVersions(files).records));
}

function whyNot(running: VersionRecord | null): string {
  return running === null ? 'no version of the store runs' : `${running.id} is ${running.state}`;
}

type Unhealthy = { readonly version: string; readonly health: Health; readonly problem: string | null };

/** A version that cannot be committed is given up in the end: the reason is to be found then. */
async function commitOrKeep(
  system: System,
  place: StorePlace,
  { loaders, signal }: CheckedGoodRequest,
  passed: Omit<Unhealthy, 'problem'>,
): Promise<Committed> {
  try {
    return await commitVersion(place, loaders, passed.version);
  } catch (error) {
    const problem = `its checks passed, and it could not be marked good: ${messageOf(error)}`;
    await kept(system, place, { ...passed, problem }, signal);
    throw error;
  }
}

async function kept(
  system: System,
  { directory }: StorePlace,
  unhealthy: Unhealthy,
  signal: AbortSignal,
): Promise<{ readonly logs: string; readonly notes: readonly string[] }> {
  const boot = { ...unhealthy, at: system.now() };
  const notes = await withDirectory(system, directory, (files) => saveFailedBoot(system, files, boot, signal));
  return { logs: failureFolder(unhealthy.version), notes };
}

/** What a login was told of an earlier failure is over. */
function afterCommit(place: StorePlace, run: string): readonly string[] {
  try {
    tellOfStore(place, run);
    return [];
  } catch (error) {
    // Whatever it is: to fail now would start the machine again, for nothing.
    return [`the login message is as it was: ${messageOf(error)}`];
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
