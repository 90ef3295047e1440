import { availableParallelism } from 'node:os';
import { getAsset, isSea } from 'node:sea';
import { errorCode } from '../../domain/failure.ts';
import { PairQueue } from './pair-queue.ts';

/**
 * Starts `comparer-thread.ts` on a new queue: from the sources, or from the asset `comparer-thread.cjs` in the single
 * binary. Null where there is no processor for it, or no room. It keeps nobody from ending.
 */
export function startComparerThread(): PairQueue | null {
  if (availableParallelism() === 1) return null;
  const queue = new PairQueue();
  // Loaded here, as few runs need it.
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  // It closes descriptors that it has not opened.
  const options = { workerData: queue.memory, trackUnmanagedFds: false };
  let thread: InstanceType<typeof Worker>;
  try {
    thread = isSea()
      ? new Worker(getAsset('comparer-thread.cjs', 'latin1'), { ...options, eval: true })
      : new Worker(new URL('./comparer-thread.ts', import.meta.url), options);
  } catch (error) {
    // The system has no room for another thread.
    if (errorCode(error) === 'ERR_WORKER_INIT_FAILED') return null;
    throw error;
  }
  // One that never comes to serve the queue is no failure: then nothing is put into it.
  thread.on('error', () => undefined);
  thread.unref();
  return queue;
}
