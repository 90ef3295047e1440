import type { ResetRecord } from '../../../domain/reset-states.ts';
import type { VersionRecord } from '../../../domain/version.ts';
import type { Store } from '../../../store/store.ts';
import { readWholeVersions } from '../../../versions/records.ts';
import { readReset } from './reset-record.ts';

/** The reset that was asked for, is not done, and whose version has not failed; null where there is none. Throws Failure `reset-record`. */
export function pendingTotal({ files, system }: Pick<Store, 'files' | 'system'>): ResetRecord | null {
  // Ids are used again: what has that of the record now may be no such reset. Without one a damaged record is none.
  const totals = readWholeVersions(files).filter(
    ({ reset, removing, state }) => reset?.mode === 'total' && !removing && state !== 'failed',
  );
  const record = totals.length === 0 ? null : readReset(files, system);
  if (record === null || record.state === 'done') return null;
  return totals.some(({ id }) => id === record.version) ? record : null;
}

/** The same where it is that of the version. Of one that is no such reset nothing is read: a damaged record is nothing to it. */
export function pendingTotalOf(store: Store, { id, reset }: Pick<VersionRecord, 'id' | 'reset'>): ResetRecord | null {
  if (reset?.mode !== 'total') return null;
  const record = pendingTotal(store);
  return record?.version === id ? record : null;
}
