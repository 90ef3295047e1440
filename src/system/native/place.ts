import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import { SystemCallError } from '../../domain/failure.ts';
import { native } from './libc.ts';

/** A name in an open directory; what every `…at` call works on. The name is never followed. */
export type Place = {
  /** Descriptor of the directory. */
  readonly directory: number;
  /** One component; `.` for the directory itself. */
  readonly name: ByteString;
  /** Where it lies on this machine; for messages. */
  readonly path: ByteString;
};

/** Bytes for C: ended by NUL. The bytes themselves hold none (`isName`). */
export function cString(bytes: ByteString): Buffer {
  return Buffer.from(`${bytes}\0`, 'latin1');
}

/** One component fits, and its end. */
const scratch = Buffer.alloc(256);
let inScratch: ByteString = '';

/**
 * The same, valid until the next one is made: to allocate it takes as long as a whole system call. Often it is the name
 * that was asked for last, in another root.
 */
export function brieflyCString(bytes: ByteString): Buffer {
  if (bytes === inScratch) return scratch;
  if (bytes.length >= scratch.length) return cString(bytes);
  scratch[scratch.write(bytes, 0, 'latin1')] = 0;
  inScratch = bytes;
  return scratch;
}

/** A path for calls that know no directory descriptors: through /proc, the last component still not followed. */
export function procPath(place: Place): Buffer {
  return cString(`/proc/self/fd/${place.directory}/${place.name}`);
}

/** Throws what `errno` says where the result is a failure; else gives the result back. */
export function checked(result: number, call: string, path: ByteString): number {
  if (result < 0) throw callError(native().errno(), call, path);
  return result;
}

/** The error of a call that failed, with the path in a form for people. */
export function callError(code: string, call: string, path: ByteString): SystemCallError {
  return new SystemCallError(code, call, displayBytes(path));
}

/** Runs one of Node's own calls; its failure becomes a SystemCallError with the kernel's name and this path. */
export function guarded<Result>(call: string, path: ByteString, run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Error && 'errno' in error && typeof error.errno === 'number')) throw error;
    throw callError(native().errorName(-error.errno), call, path);
  }
}
