import { isGone } from '../domain/failure.ts';

/**
 * What a call reads of a tree in use, or the other where its path has gone since it was listed (case 8). Throws
 * SystemCallError for anything else.
 */
export function unlessGone<Result>(read: () => Result, otherwise: Result): Result {
  try {
    return read();
  } catch (error) {
    if (!isGone(error)) throw error;
    return otherwise;
  }
}
