/** The program of the second thread: compares what the first one has opened, until that one has no more. */
import { workerData } from 'node:worker_threads';
import { native } from '../native/libc.ts';
import { haveSameBytes } from './content.ts';
import { type Pair, PairQueue } from './pair-queue.ts';

const { libc } = native();
new PairQueue(workerData).serve(isSame);

function isSame({ left, right }: Pair): boolean {
  try {
    return haveSameBytes(left, right);
  } catch {
    // Who asked looks again at what is not the same, and meets the failure there.
    return false;
  } finally {
    libc.close(left.descriptor);
    libc.close(right.descriptor);
  }
}
