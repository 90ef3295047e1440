import type { ResetRecord } from '../../domain/reset-states.ts';
import { lastChangeTo, type VersionRecord, type VersionState } from '../../domain/version.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions, writeVersion } from '../../versions/records.ts';
import { forgetTotalOf } from '../reset/total/arm-total.ts';
import { pendingTotal } from '../reset/total/pending-total.ts';
import { writeReset } from '../reset/total/reset-record.ts';
import { changeState } from '../staging/change-version.ts';

const why = 'left for a reset from the Recovery menu';

/**
 * Ends every trial: whoever resets the machine has left it for good, and while one lasts nothing else is staged. A version that
 * had proven itself before is what it was; one that had not, failed.
 */
export function leaveUnproven(store: Store): void {
  for (const version of readWholeVersions(store.files)) {
    if (version.removing) continue;
    const states = endOf(version);
    if (states.length === 0) continue;
    forgetTotalOf(store, version);
    changeState(store, version, states, why);
  }
}

/** Trials as they are, with the request of one that is a total reset. */
export type Unproven = { readonly versions: readonly VersionRecord[]; readonly request: ResetRecord | null };

/** What `leaveUnproven` would end. */
export function unprovenOf(store: Store): Unproven {
  const versions = readWholeVersions(store.files).filter((version) => !version.removing && endOf(version).length > 0);
  const request = pendingTotal(store);
  return { versions, request: versions.some(({ id }) => id === request?.version) ? request : null };
}

/** Has trials go on that were left for nothing: their records are as before. */
export function putBack(store: Store, { versions, request }: Unproven): void {
  if (request !== null) writeReset(store, request);
  for (const version of versions) writeVersion(store.files, version);
}

/** The states by which a trial ends; none where the version is on none. */
function endOf(version: VersionRecord): readonly VersionState[] {
  const wasGood = lastChangeTo(version, 'good') !== null;
  const ends: Partial<Record<VersionState, readonly VersionState[]>> = {
    migrating: ['failed'],
    waiting: ['migrating', 'failed'],
    trial: wasGood ? ['good', 'retired'] : ['failed'],
  };
  return ends[version.state] ?? [];
}
