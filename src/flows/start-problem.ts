import { startReason, whyNoTry } from '../boot/start-reason.ts';
import { Failure } from '../domain/failure.ts';
import type { StateChange, VersionRecord } from '../domain/version.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { readLoaderRecord } from './loader/loader-record.ts';
import type { StartFound } from './start-found.ts';

/** What is known of a start, and of the version that it came to. */
export type StartKnown = {
  /** Null where nothing has looked at this start yet, or what that found cannot be read. */
  readonly found: StartFound | null;
  readonly running: VersionRecord | null;
  readonly last: StateChange | null;
};

/**
 * What the loader could not do at this start of the machine, a sentence for a person; null where it did what it should, as far
 * as its word on the kernel command line says, and what was found at this start. That a trial was given up is no news where
 * the store says that it failed, and that it was not counted none once it is good.
 */
export function startProblemOf(system: System, store: Files, { found, running, last }: StartKnown): string | null {
  if (found !== null && found.unsettled !== null) return found.unsettled;
  const why = startReason(system);
  if (why === 'env-readonly') return 'the loader could not write its count at this start: nothing is tried';
  if (why === 'fallback' && last?.to !== 'failed')
    return 'the loader did not start the version on trial: it had no start left, or its kernel could not be loaded';
  if (running?.state !== 'trial') return null;
  return found === null ? uncountedByLine(system, store, running) : found.uncounted;
}

/** As far as the kernel command line alone says it; whoever starts a machine whose store knows of no loader counts nothing. */
function uncountedByLine(system: System, store: Files, { id }: VersionRecord): string | null {
  const why = whyNoTry(system);
  if (why === null || !isLoaderKnown(store)) return null;
  return `the loader has not counted this start of ${id}, which is on trial: ${why}`;
}

/** One whose record is damaged is no less there. */
function isLoaderKnown(store: Files): boolean {
  try {
    return readLoaderRecord(store) !== null;
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}
