import { promises as timers } from 'node:timers';

/** Waits, and lets everything else have its turn; see `System.pause`. */
export async function pause(seconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  try {
    await timers.setTimeout(seconds * 1000, null, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}
