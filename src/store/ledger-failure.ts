import { Failure } from '../domain/failure.ts';

/** What to do about a ledger that cannot be used. */
export const repairAdvice =
  'Run migrate volume fsck, and with --repair it is made anew from the records of the objects';

/** A line of the ledger cannot be what was written. `line` counts from 1, as an editor does. */
export function damagedLedger(line: number, why: string): Failure {
  return new Failure({
    code: 'ledger-damaged',
    kind: 'failed',
    message: `Cannot use ledger.ndjson: line ${line} is damaged: ${why}`,
    advice: repairAdvice,
  });
}
