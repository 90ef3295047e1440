import { whyNoTry } from '../boot/start-reason.ts';
import { type BootRequest, displayLocation } from '../domain/boot-request.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';
import { isDestroying, isGoingOn, type ResetRecord } from '../domain/reset-states.ts';
import type { NewRoot, NewRootKind } from '../storage/new-root.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { plannedFile, writeBooted } from './boot-records.ts';
import { prepareNewRoot, unmountOldAndBase, wasMadeFor } from './boot-roots.ts';
import { leaveReport } from './leave-report.ts';
import { goOnWithPrevious, withOld } from './previous-root.ts';
import { readBootRequest, readCommandLine } from './read-boot-request.ts';
import { countStartAnewInStore, resetInStore } from './store-of-boot.ts';

/**
 * Where the machine goes after a migration that failed: `new-root` where it failed after the commit (case 111), `start-anew`
 * where it cannot be told whether it did, and so the version has not failed either; `previous-for-now` where that was so too often,
 * and `start-good` where the previous root then lacks modules for the kernel that runs.
 */
export type FallBack = 'new-root' | 'previous-root' | 'reboot' | 'start-anew' | 'start-good' | 'previous-for-now';

/** So many starts in a row that end without telling, and the previous root runs: no loader gives a trial more. */
const mostStartsAnew = 3;

/** How a boot goes on whose migration failed. */
export type FellBack = {
  readonly next: FallBack;
  /** Why the migration failed, and which parts of falling back did. */
  readonly reason: string;
};

/**
 * Throws the unfinished version away, leaves a report where the old system finds it, and lets this boot go on with the
 * previous root where that has modules for the running kernel; else the caller reboots into the previous entry. (A new
 * kernel on an old root without its modules boots, and silently lacks drivers.) A part that fails is told, and the rest done;
 * but nothing is thrown away where it cannot be told whether the version is committed: its data may be in use, or the previous
 * root be on its way to be destroyed. Then the machine starts anew, and not without end.
 */
export async function fallBack(
  system: System,
  kinds: readonly NewRootKind[],
  why: string,
  storeKinds: readonly StoreKind[] = [],
): Promise<FellBack> {
  const request = readBootRequest(system);
  const problems: string[] = [];
  const reason = (): string => [why, ...problems.map((problem) => `(${problem})`)].join(' ');
  await noting(problems, () => unmountOldAndBase(system));
  const made = await noting(problems, () => lookAtNewRoot(system, { kinds, storeKinds }, request, problems));
  if (made === null) {
    const next = await startAnewOrPrevious(system, storeKinds, { request, problems, reason });
    return { next, reason: reason() };
  }
  if (made.isCommitted) {
    writeBooted(system, { version: request.version, outcome: 'committed', root: request.root, reason: why });
    return { next: 'new-root', reason: why };
  }
  // What cannot be discarded is not found by `root=` either, and no reason to have no system.
  await noting(problems, () => made.newRoot?.discard());
  await noting(problems, () => report(system, request, reason()));
  const next = (await noting(problems, () => goOnWithPrevious(system, request))) ?? 'reboot';
  if (next === 'previous-root')
    writeBooted(system, { version: null, outcome: 'fallback', root: request.old, reason: reason() });
  return { next, reason: reason() };
}

/** The value of a part of falling back; null where it failed, which is noted. */
async function noting<Value>(problems: string[], act: () => Value | Promise<Value>): Promise<Value | null> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    problems.push(error.message);
    return null;
  }
}

/** What says for certain that the version of the request is not committed: its root is none that could be made, or still has its own label. */
const notMade: ReadonlySet<string> = new Set(['no-storage', 'unguarded-root', 'label-taken']);

type Looked = { readonly newRoot: NewRoot | null; readonly isCommitted: boolean };

/** Without a root where none was made for certain, the why of which is noted. Throws Failure or SystemCallError where that cannot be told. */
async function lookAtNewRoot(
  system: System,
  { kinds, storeKinds }: { readonly kinds: readonly NewRootKind[]; readonly storeKinds: readonly StoreKind[] },
  request: BootRequest,
  problems: string[],
): Promise<Looked> {
  try {
    const newRoot = await prepareNewRoot(system, kinds, request);
    return { newRoot, isCommitted: newRoot.isCommitted() && wasMadeFor(system, newRoot, request) };
  } catch (error) {
    // A request that was changed by hand may be of a version whose reset is destroying the previous root.
    const isCertain = error instanceof Failure && notMade.has(error.code);
    if (!isCertain || isDestroyed(await resetInStore(system, storeKinds, request))) throw error;
    problems.push(error.message);
    return { newRoot: null, isCommitted: false };
  }
}

type FallingBack = {
  readonly request: BootRequest;
  /** Which parts of falling back failed: more may come to it. */
  readonly problems: string[];
  readonly reason: () => string;
};

/**
 * A disk may answer the next time, so the machine starts anew; but not for ever where nobody counts its starts. The previous
 * root runs then, with the version left as it is: the next start tries it again.
 */
async function startAnewOrPrevious(
  system: System,
  storeKinds: readonly StoreKind[],
  { request, problems, reason }: FallingBack,
): Promise<'start-anew' | 'start-good' | 'previous-for-now'> {
  const starts = await noting(problems, () => countStartAnewInStore(system, storeKinds, request, reason()));
  const mayStartAnew = starts === null ? whyNoTry(system) === null : starts < mostStartsAnew;
  if (mayStartAnew || (await mayBeDestroyed(system, storeKinds, request))) return 'start-anew';
  const next = await noting(problems, () => goOnWithPrevious(system, request));
  if (next === 'reboot') return 'start-good';
  if (next !== 'previous-root') return 'start-anew';
  writeBooted(system, { version: null, outcome: 'fallback', root: request.old, reason: reason(), forNow: true });
  return 'previous-for-now';
}

/**
 * Whether a total reset may have begun to destroy the previous root, or would with a start to come, which asks nobody again; or
 * that is the root itself: what such a reset goes on with.
 */
async function mayBeDestroyed(
  system: System,
  storeKinds: readonly StoreKind[],
  request: BootRequest,
): Promise<boolean> {
  if (displayLocation(request.old) === displayLocation(request.root)) return true;
  if (readCommandLine(system).value('migrate.reset') === 'total') return true;
  const reset = await noting([], () => resetInStore(system, storeKinds, request));
  return reset !== null && isGoingOn(reset);
}

function isDestroyed(reset: ResetRecord | null): boolean {
  return reset !== null && isDestroying(reset);
}

/** The only write to the old root. */
function report(system: System, { old, version }: BootRequest, reason: string): void {
  const plan = system.exists(plannedFile) ? system.readFile(plannedFile) : null;
  withOld(system, old, { writable: true }, (files) => leaveReport(files, { version, reason, plan }));
}
