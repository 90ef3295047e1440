import type { ResetRecord } from '../../../domain/reset-states.ts';
import type { Store } from '../../../store/store.ts';
import { readWholeVersions } from '../../../versions/records.ts';
import { readReset } from './reset-record.ts';

/** The reset that was asked for, is not done, and whose version has not failed; null where there is none. Throws Failure `reset-record`. */
export function pendingTotal({ files, system }: Pick<Store, 'files' | 'system'>): ResetRecord | null {
  const record = readReset(files, system);
  if (record === null || record.state === 'done') return null;
  const version = readWholeVersions(files).find(({ id }) => id === record.version);
  return version === undefined || version.removing || version.state === 'failed' ? null : record;
}
