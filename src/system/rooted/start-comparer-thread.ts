import { availableParallelism } from 'node:os';
import { getAsset, isSea } from 'node:sea';
import { PairQueue } from './pair-queue.ts';

/**
 * Starts `comparer-thread.ts` on a new queue: from the sources, or from the asset `comparer-thread.cjs` in the single
 * binary. Null where there is no processor for it. It keeps nobody from ending.
 */
export function startComparerThread(): PairQueue | null {
  if (availableParallelism() === 1) return null;
  const queue = new PairQueue();
  // Loaded here, as few runs need it.
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const thread = isSea()
    ? new Worker(getAsset('comparer-thread.cjs', 'latin1'), { eval: true, workerData: queue.memory })
    : new Worker(new URL('./comparer-thread.ts', import.meta.url), { workerData: queue.memory });
  // One that never comes to serve the queue is no failure: then nothing is put into it.
  thread.on('error', () => undefined);
  thread.unref();
  return queue;
}
