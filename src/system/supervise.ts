import { readdirSync, readFileSync } from 'node:fs';
import { promises as timers } from 'node:timers';
import { execa } from 'execa';
import { errorCode } from '../domain/failure.ts';
import { progressVariable } from './sign-of-progress.ts';

/** How a supervised process ended; `reason` is empty where it did well. */
export type Supervised = { readonly ok: boolean; readonly reason: string };

const sampleMilliseconds = 1000;

/** How long a killed process may take to end; one that waits for a dead disk never does, and must not hold up the rest. */
const endMilliseconds = 10_000;

/**
 * Runs a command, whose output goes where ours goes, and kills it and its children when for `silentSeconds` there was no
 * sign of progress: nothing on its file descriptor 3, no byte read or written by them, and no page written to a disk while it
 * waits for the kernel. Work that goes on may take as long as it likes. Times are monotonic: at boot the clock may jump
 * (case 131).
 */
export async function supervise(command: readonly [string, ...string[]], silentSeconds: number): Promise<Supervised> {
  const [program, ...args] = command;
  const child = execa(program, args, {
    reject: false,
    buffer: false,
    detached: true,
    env: { [progressVariable]: '3' },
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  let signs = 0;
  child.stdio[3]?.on('data', () => {
    signs += 1;
  });
  const silence = watchSilence(() => `${signs} ${signsOf(child.pid)}`);
  const silent = new Promise<'silent'>((resolve) => {
    const timer = setInterval(() => {
      if (silence() >= silentSeconds * 1000) resolve('silent');
    }, sampleMilliseconds);
    void child.finally(() => clearInterval(timer));
  });
  const ended = await Promise.race([child, silent]);
  if (ended !== 'silent') return ended.failed ? { ok: false, reason: howItEnded(ended) } : { ok: true, reason: '' };
  killGroup(child.pid);
  await Promise.race([child, timers.setTimeout(endMilliseconds)]);
  child.nodeChildProcess.unref();
  child.stdio[3]?.destroy();
  return { ok: false, reason: `it made no progress for ${silentSeconds} s` };
}

/** Detached, the process leads a group of its own, to which its children belong. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
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

/** What changes while a process and its children work (proc(5)): bytes moved, and pages written while one waits in the kernel. */
function signsOf(pid: number | undefined): string {
  if (pid === undefined) return '';
  const moved = readMatches(`/proc/${pid}/io`, /^([rw]char|(read|write)_bytes): .*$/gm);
  const threads = namesIn(`/proc/${pid}/task`);
  const waits = threads.some((thread) => readMatches(`/proc/${pid}/task/${thread}/status`, /^State:\s+D/gm) !== '');
  const written = waits ? readMatches('/proc/vmstat', /^nr_written .*$/gm) : '';
  const children = readMatches(`/proc/${pid}/task/${pid}/children`, /\d+/g).split(' ').filter(Boolean);
  return [moved, written, ...children.map((child) => signsOf(Number(child)))].join(' ');
}

function namesIn(directory: string): readonly string[] {
  return unlessEnded(() => readdirSync(directory), []);
}

function readMatches(file: string, pattern: RegExp): string {
  return unlessEnded(() => (readFileSync(file, 'latin1').match(pattern) ?? []).join(' '), '');
}

/** The process may have ended between two samples; its end is seen elsewhere. */
function unlessEnded<Value>(read: () => Value, otherwise: Value): Value {
  try {
    return read();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return otherwise;
    throw error;
  }
}
