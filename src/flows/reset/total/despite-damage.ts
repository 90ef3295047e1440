import { errorCode, Failure, SystemCallError } from '../../../domain/failure.ts';
import type { Reset } from '../../../domain/reset.ts';

/** What is wrong with the machine, or waits for an answer, and not with what the old system holds. */
const ofOthers: ReadonlySet<string> = new Set(['items-wait', 'no-space', 'no-boot-space', 'ENOSPC', 'EDQUOT', 'EROFS']);

/**
 * Takes over what a reset that destroys everything else needs of the old system; where that cannot be read, nothing of it, and
 * says so: a damaged root is what a reset is asked for. Not where something is to be kept, whatever the error: it would be
 * destroyed on the word of a stray one. That is thrown, and the old system is still whole.
 */
export async function despiteDamage<Result>(
  { keep }: Pick<Reset, 'keep'>,
  takeOver: (withOld: boolean) => Promise<Result>,
  onMessage: (message: string) => void,
): Promise<Result> {
  try {
    return await takeOver(true);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    if (keep.length > 0 || ofOthers.has(errorCode(error) ?? '')) throw error;
    onMessage(`nothing of the old system is kept: ${error.message}`);
    return await takeOver(false);
  }
}
