import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { errorCode } from '../domain/failure.ts';

/** How a supervised process ended; `reason` is empty where it did well. */
export type Supervised = { readonly ok: boolean; readonly reason: string };

const sampleMilliseconds = 1000;

/**
 * Runs a command, whose output goes where ours goes, and kills it when for `silentSeconds` there was no sign of progress:
 * nothing on its file descriptor 3, no byte read or written by it, and no page written to a disk while it waits for the
 * kernel. Work that goes on may take as long as it likes. Times are monotonic: at boot the clock may jump (case 131).
 */
export async function supervise(command: readonly [string, ...string[]], silentSeconds: number): Promise<Supervised> {
  const [program, ...args] = command;
  const child = execa(program, args, { reject: false, buffer: false, stdio: ['ignore', 'inherit', 'inherit', 'pipe'] });
  let signs = 0;
  child.stdio[3]?.on('data', () => {
    signs += 1;
  });
  const silence = watchSilence(() => `${signs} ${signsOf(child.pid)}`);
  let wasSilent = false;
  const timer = setInterval(() => {
    wasSilent = silence() >= silentSeconds * 1000;
    if (wasSilent) child.kill('SIGKILL');
  }, sampleMilliseconds);
  const result = await child;
  clearInterval(timer);
  if (!result.failed) return { ok: true, reason: '' };
  return { ok: false, reason: wasSilent ? `it made no progress for ${silentSeconds} s` : howItEnded(result) };
}

/** For how many milliseconds the sample has been the same. */
function watchSilence(sample: () => string): () => number {
  let last = '';
  let since = performance.now();
  return () => {
    const now = sample();
    if (now !== last) since = performance.now();
    last = now;
    return performance.now() - since;
  };
}

function howItEnded({ exitCode, signal }: { readonly exitCode?: number; readonly signal?: string }): string {
  return exitCode === undefined
    ? `it was killed (${signal ?? 'it could not be started'})`
    : `it ended with ${exitCode}`;
}

/** What changes while a process works (proc(5)): bytes moved, and pages written to disks while it waits in the kernel, as in syncfs. */
function signsOf(pid: number | undefined): string {
  const moved = readMatches(`/proc/${pid ?? 0}/io`, /^[rw]char: .*$/gm);
  const waits = readMatches(`/proc/${pid ?? 0}/status`, /^State:\s+D/gm) !== '';
  return waits ? `${moved} ${readMatches('/proc/vmstat', /^nr_written .*$/gm)}` : moved;
}

function readMatches(file: string, pattern: RegExp): string {
  try {
    return (readFileSync(file, 'latin1').match(pattern) ?? []).join(' ');
  } catch (error) {
    // The process may have ended between two samples; its end is seen elsewhere.
    if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return '';
    throw error;
  }
}
