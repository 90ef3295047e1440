import { lstat } from 'node:fs';
import type { ByteString } from '../domain/bytes.ts';

/** Each takes 2 KB until it is done, and is told of only when everything else lets it. */
const mostPending = 1024;
let pending = 0;

/**
 * Has other threads look at a path, so that what the kernel needs for that is read from the disk by the time it is looked
 * at: see `System.lookAhead`. Node's four threads wait for a cold disk all at once, where a walk waits for each read.
 */
export function lookAhead(path: ByteString): void {
  if (pending === mostPending) return;
  pending += 1;
  // Whatever there is to say of the path is said to whoever looks at it.
  lstat(Buffer.from(path, 'latin1'), () => {
    pending -= 1;
  });
}
