import type { VersionRecord } from '../domain/version.ts';

/**
 * The version that the next boot is to start: the one that it is to make, or to go on with; else the one that was put on
 * trial and does not run. Null where that is the one that runs. `running` is null where it is not known.
 */
export function nextVersionOf(records: readonly VersionRecord[], running: string | null): VersionRecord | null {
  return (
    records.findLast(({ state }) => state === 'armed' || state === 'migrating' || state === 'waiting') ??
    records.findLast(({ id, state }) => state === 'trial' && id !== running) ??
    null
  );
}
