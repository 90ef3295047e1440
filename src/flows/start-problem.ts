import { startReason } from '../boot/start-reason.ts';
import { Failure } from '../domain/failure.ts';
import type { StateChange, VersionRecord } from '../domain/version.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { readLoaderRecord } from './loader/loader-record.ts';

/**
 * What the loader could not do at this start of the machine, a sentence for a person; null where it did what it should, as far
 * as its word on the kernel command line says. That a trial was given up is no news where the store says that it failed.
 */
export function startProblemOf(
  system: System,
  store: Files,
  { running, last }: { readonly running: VersionRecord | null; readonly last: StateChange | null },
): string | null {
  const why = startReason(system);
  if (why === 'env-readonly') return 'the loader could not write its count at this start: nothing is tried';
  if (why === 'fallback' && last?.to !== 'failed')
    return 'the loader did not start the version on trial: it had no start left, or its kernel could not be loaded';
  if (running?.state === 'trial' && why !== 'try' && isLoaderKnown(store))
    return `the loader has not counted this start of ${running.id}, which is on trial`;
  return null;
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
