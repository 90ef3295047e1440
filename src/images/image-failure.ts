import { displayBytes } from '../domain/bytes.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';

/**
 * Why an image is refused: `image-damaged` it cannot be read whole, `image-unsafe` it would reach outside of its root or
 * holds what no image may, `image-mismatch` it is not the one that was asked for, `image-untrusted` no trusted key signed
 * it, `image-too-large` it goes beyond a limit or the space, `image-unknown` nothing that is known, `not-an-image` no
 * operating system, `image-unsupported` what is written in a way that is not read, `image-unreachable` a registry does not
 * hand it out.
 */
export type ImageRefusal =
  | 'image-damaged'
  | 'image-unsafe'
  | 'image-mismatch'
  | 'image-untrusted'
  | 'image-too-large'
  | 'image-unknown'
  | 'not-an-image'
  | 'image-unsupported'
  | 'image-unreachable';

/** The Failure of an image that is refused; nothing of it is left behind. It is the image's fault unless `kind` says otherwise. */
export function refused(
  code: ImageRefusal,
  reason: string,
  more: { kind?: 'failed'; advice?: string; cause?: unknown } = {},
): Failure {
  return new Failure({ code, kind: 'input', message: `Cannot use the image: ${reason}`, ...more });
}

/** There is not the space for the image, which may be as good as any. */
export function noSpace(reason: string, cause?: unknown): Failure {
  const advice = 'Make space, by removing old versions or images, and run this again';
  return refused('image-too-large', reason, { kind: 'failed', advice, cause });
}

/** A failed system call while something of the image was written, as a Failure that names the entry. */
export function writingFailure(path: string, error: SystemCallError): Failure {
  const name = displayBytes(path);
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    return noSpace(`no space is left to unpack ${name}`, error);
  }
  if (error.code === 'ELOOP') {
    return refused('image-unsafe', `${name} leads through a symbolic link that the image itself holds`, {
      cause: error,
    });
  }
  return refused('image-damaged', `${name} cannot be made: ${error.message}`, { cause: error });
}

/** Runs what writes the entry at a path; a failed system call names the entry. */
export function naming<Result>(path: string, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof SystemCallError) throw writingFailure(path, error);
    throw error;
  }
}
