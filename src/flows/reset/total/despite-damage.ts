import { errorCode, Failure, SystemCallError } from '../../../domain/failure.ts';

/** What is wrong with the machine, or waits for an answer, and not with what the old system holds. */
const ofOthers: ReadonlySet<string> = new Set(['items-wait', 'no-space', 'no-boot-space', 'ENOSPC', 'EDQUOT', 'EROFS']);

/**
 * Takes over what is kept of the old system; where that cannot be read, nothing of it, and says so: all of it is to be
 * destroyed anyway, and a damaged root is what a reset is asked for.
 */
export async function despiteDamage<Result>(
  takeOver: (withOld: boolean) => Promise<Result>,
  onMessage: (message: string) => void,
): Promise<Result> {
  try {
    return await takeOver(true);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    if (ofOthers.has(errorCode(error) ?? '')) throw error;
    onMessage(`nothing of the old system is kept: ${error.message}`);
    return await takeOver(false);
  }
}
