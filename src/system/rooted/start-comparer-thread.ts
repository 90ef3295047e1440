import { availableParallelism } from 'node:os';
import { getAsset, isSea } from 'node:sea';

/**
 * Starts `comparer-thread.ts` on the memory of a queue, where there is a processor for it: from the sources, or from the
 * asset `comparer-thread.cjs` in the single binary. It keeps nobody from ending.
 */
export function startComparerThread(memory: SharedArrayBuffer): void {
  if (availableParallelism() === 1) return;
  // Loaded now: few runs need it.
  const { Worker } = process.getBuiltinModule('node:worker_threads');
  const thread = isSea()
    ? new Worker(getAsset('comparer-thread.cjs', 'latin1'), { eval: true, workerData: memory })
    : new Worker(new URL('./comparer-thread.ts', import.meta.url), { workerData: memory });
  // One that does not come to serve the queue is no failure: then nothing is put into it.
  thread.on('error', () => undefined);
  thread.unref();
}
