import { errorCode, Failure } from '../../domain/failure.ts';

/** A stream that does not become an object: it is damaged, or is not of what it should be. */
export function notReceived(why: string, cause?: unknown): Failure {
  return new Failure({
    code: 'stream-damaged',
    kind: 'failed',
    message: `Cannot receive the stream: ${why}`,
    cause,
  });
}

/** What `btrfs receive` says where the filesystem is full, or lacks what the stream builds on (cmds/receive.c). */
const noSpace = /No space left on device|Disk quota exceeded/;
const noParent = /cannot find parent subvolume|clone: did not find source subvol|parent subvol is not reachable/;

/** Tells from the words of the program why it failed; what is no failure of the program stays as it is. */
export function receivingFailure(error: unknown): unknown {
  if (!(error instanceof Failure) || errorCode(error) !== 'command') return error;
  const { message } = error;
  if (noSpace.test(message))
    return failed('no-space', 'Cannot receive the stream: no space is left in the store', error);
  if (noParent.test(message)) {
    return failed('parent-missing', 'Cannot receive the stream: what it builds on is not in the store', error);
  }
  return notReceived(message, error);
}

function failed(code: string, message: string, cause: Failure): Failure {
  return new Failure({ code, kind: 'failed', message, cause });
}
