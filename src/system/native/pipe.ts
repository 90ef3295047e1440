import { native } from './libc.ts';
import { checked } from './place.ts';

/** fcntl.h: O_CLOEXEC. */
const closeOnExec = 0o2000000;

/** A pipe by its two ends, which no program that is started inherits by chance. */
export function openPipe(): { readonly reader: number; readonly writer: number } {
  const ends = new Uint32Array(2);
  checked(native().libc.pipe2(ends, closeOnExec), 'pipe2', 'pipe');
  const [reader = 0, writer = 0] = ends;
  return { reader, writer };
}
