/**
 * The program of the second thread: compares what the first one has opened, until that one has no more.
 *
 * It has no native library: one that is just being loaded when the process ends would abort it (koffi 3.3: "FATAL ERROR:
 * Error::ThrowAsJavaScriptException", in 6 of 1,260 tries).
 */
import { closeSync, readSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { errorCode } from '../../domain/failure.ts';
import { type Pair, PairQueue } from './pair-queue.ts';
import { sameBytes } from './same-bytes.ts';

new PairQueue(workerData).serve(isSame);

function isSame({ left, right, size }: Pair): boolean {
  try {
    return sameBytes([left, right], size, readAt);
  } catch {
    // Who asked looks again at what is not the same, and meets the failure there.
    return false;
  } finally {
    close(left);
    close(right);
  }
}

/** What was only read is closed whatever close(2) says: a filesystem whose server is gone fails it (FUSE). */
function close(descriptor: number): void {
  try {
    closeSync(descriptor);
  } catch (error) {
    if (errorCode(error) === null) throw error;
  }
}

function readAt(descriptor: number, into: Buffer, size: number, offset: number): number {
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, into, filled, size - filled, offset + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
