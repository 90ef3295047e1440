import { startReason } from '../boot/start-reason.ts';
import type { StateChange, VersionRecord } from '../domain/version.ts';
import type { System } from '../system/system.ts';
import { readStartFound } from './start-found.ts';

/**
 * What the loader could not do at this start of the machine, a sentence for a person; null where it did what it should, as far
 * as its word on the kernel command line says, and what was found at this start. That a trial was given up is no news where
 * the store says that it failed, and that it was not counted none once it is good. Throws Failure `start-found`.
 */
export function startProblemOf(
  system: System,
  { running, last }: { readonly running: VersionRecord | null; readonly last: StateChange | null },
): string | null {
  const { uncounted, unsettled } = readStartFound(system);
  if (unsettled !== null) return unsettled;
  const why = startReason(system);
  if (why === 'env-readonly') return 'the loader could not write its count at this start: nothing is tried';
  if (why === 'fallback' && last?.to !== 'failed')
    return 'the loader did not start the version on trial: it had no start left, or its kernel could not be loaded';
  return running?.state === 'trial' ? uncounted : null;
}
