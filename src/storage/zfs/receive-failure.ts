import { errorCode, Failure } from '../../domain/failure.ts';

/** A stream that does not become an object: it is damaged, or is not of what it should be. */
export function notReceived(why: string, cause?: unknown): Failure {
  return failed('stream-damaged', `Cannot receive the stream: ${why}`, cause);
}

/** What the stream builds on is not in the store. */
export function parentMissing(cause?: unknown): Failure {
  return failed('parent-missing', 'Cannot receive the stream: what it builds on is not in the store', cause);
}

/** What `zfs receive` says where the pool is full, or lacks what the stream builds on (libzfs_sendrecv.c). */
const noSpace = /out of space|No space left|quota exceeded/;
const noParent = /does not match incremental source|local origin for clone|incremental source .* does not exist/;

/** Tells from the words of the program, or of a stream that makes no sense, why it failed; all else stays as it is. */
export function receivingFailure(error: unknown): unknown {
  if (!(error instanceof Failure)) return error;
  const { message } = error;
  if (errorCode(error) === 'send-stream') return notReceived(message, error);
  if (errorCode(error) !== 'command') return error;
  if (noSpace.test(message)) {
    return failed('no-space', 'Cannot receive the stream: no space is left in the pool', error);
  }
  return noParent.test(message) ? parentMissing(error) : notReceived(message, error);
}

function failed(code: string, message: string, cause: unknown): Failure {
  return new Failure({ code, kind: 'failed', message, ...(cause === undefined ? {} : { cause }) });
}
