import { Failure, SystemCallError } from '../../domain/failure.ts';
import { refusalCodes } from '../../transfer/messages.ts';
import type { Refusal, RefusalCode } from '../../transfer/peer.ts';

/** Codes of Failures that say the same as a refusal. */
const alike: Readonly<Record<string, RefusalCode>> = {
  name: 'bad-request',
  'store-locked': 'busy',
  unfinished: 'busy',
};

/** After these there is nobody to answer to. */
const lost = ['closed', 'bad-frame', 'silent'];

const fullDisk = ['ENOSPC', 'EDQUOT'];

/** What the other end is told of an error; null where it cannot be told, or the error is a defect of this program. */
export function refusalOf(error: unknown): Refusal | null {
  if (error instanceof SystemCallError) {
    const code = fullDisk.includes(error.code) ? 'no-space' : 'failed';
    return { code, message: `Cannot ${error.call} ${error.path}: ${error.code}`, advice: null };
  }
  if (!(error instanceof Failure) || lost.includes(error.code)) return null;
  const { message, advice } = error;
  const code = refusalCodes.find((one) => one === error.code) ?? alike[error.code] ?? 'failed';
  return { code, message, advice };
}
