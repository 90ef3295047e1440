import { errorCode } from '../domain/failure.ts';

/** How the kernel says that a path is gone, or that something of another type is there by now. */
const goneCodes: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EINVAL', 'ESTALE']);

/**
 * What a call reads of a tree in use, or the other where its path has gone since it was listed (case 8). Throws
 * SystemCallError for anything else.
 */
export function unlessGone<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch (error) {
    if (!goneCodes.has(errorCode(error) ?? '')) throw error;
    return otherwise;
  }
}
