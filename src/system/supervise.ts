import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { errorCode } from '../domain/failure.ts';

/** How a supervised process ended. */
export type Supervised = { readonly ok: boolean; readonly reason: string };

const sampleMilliseconds = 2000;

/**
 * Runs a command, whose output goes where ours goes, and kills it when for `silentSeconds` there was no sign of progress:
 * nothing on its file descriptor 3, no byte read or written by it, no page written to any disk. Work that goes on may take as
 * long as it likes.
 */
export async function supervise(command: readonly [string, ...string[]], silentSeconds: number): Promise<Supervised> {
  const [program, ...args] = command;
  const child = execa(program, args, {
    reject: false,
    buffer: false,

    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  let signs = 0;
  child.stdio[3]?.on('data', () => {
    signs += 1;
  });
  let last = '';
  let silentSince = Date.now();
  let wasSilent = false;
  const timer = setInterval(() => {
    const now = `${signs} ${bytesMoved(child.pid)} ${pagesWritten()}`;
    if (now !== last) silentSince = Date.now();
    last = now;
    if (Date.now() - silentSince < silentSeconds * 1000) return;
    wasSilent = true;
    child.kill('SIGKILL');
  }, sampleMilliseconds);
  const result = await child;
  clearInterval(timer);
  if (!result.failed) return { ok: true, reason: '' };
  if (wasSilent) return { ok: false, reason: `no progress for ${silentSeconds} s` };
  const how =
    result.exitCode === undefined
      ? `was killed (${result.signal ?? 'unknown signal'})`
      : `ended with ${result.exitCode}`;
  return { ok: false, reason: `the migration ${how}` };
}

/** Bytes that the process has read and written, files and pipes alike (proc(5), /proc/pid/io). */
function bytesMoved(pid: number | undefined): string {
  return readCounters(`/proc/${pid ?? 0}/io`, /^[rw]char: .*$/gm);
}

function pagesWritten(): string {
  return readCounters('/proc/vmstat', /^nr_written .*$/gm);
}

function readCounters(file: string, pattern: RegExp): string {
  try {
    return (readFileSync(file, 'latin1').match(pattern) ?? []).join(' ');
  } catch (error) {
    // The process may have ended between two samples; its end is seen elsewhere.
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(errorCode(error) ?? '')) return '';
    throw error;
  }
}
