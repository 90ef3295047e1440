import { type ChildProcess, spawn } from 'node:child_process';
import { promises as timers } from 'node:timers';
import type { ByteString } from '../domain/bytes.ts';
import { errorCode } from '../domain/failure.ts';
import { Tail } from './tail.ts';

/** What a program that is not trusted to end is given. */
export type LimitedOptions = {
  readonly limitSeconds: number;
  /** How many bytes of its output are kept: the last ones. */
  readonly keptBytes: number;
  /** Added to the environment of this program. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};

/** How such a program ended. */
export type LimitedRun = {
  readonly ended: 'exited' | 'killed' | 'limit' | 'not-started';
  /** In words: `it ended with 3`. */
  readonly how: string;
  /** 0 where it did well; null where it did not end by itself. */
  readonly status: number | null;
  readonly seconds: number;
  /** The end of its stdout and stderr, in the order in which they came. */
  readonly output: ByteString;
  /** How many bytes came before that. */
  readonly droppedBytes: number;
};

/** How long a killed process may take to end: one that waits for a dead disk never does. */
const endMilliseconds = 5000;

/** What a program leaves in its pipes is there when it has ended; only one that has left its group keeps them open. */
const drainMilliseconds = 500;

type End = Pick<LimitedRun, 'ended' | 'how' | 'status'>;

/** Runs a program in a process group of its own; see `System.runLimited`. */
export async function runLimited(
  program: string,
  args: readonly string[],
  { limitSeconds, keptBytes, environment = {}, signal }: LimitedOptions,
): Promise<LimitedRun> {
  signal.throwIfAborted();
  const start = performance.now();
  const tail = new Tail(keptBytes);
  const run = (end: End): LimitedRun => ({ ...end, seconds: (performance.now() - start) / 1000, ...tail.end() });
  const child = started(program, args, environment);
  if ('how' in child) return run(child);
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (piece: Uint8Array) => tail.add(piece));
  const timer = new AbortController();
  try {
    const limit = timers.setTimeout(limitSeconds * 1000, null, { signal: AbortSignal.any([signal, timer.signal]) });
    const end = await Promise.race([endOf(child), limit]);
    return run(end ?? { ended: 'limit', how: `it took longer than ${limitSeconds} s`, status: null });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    timer.abort();
    await clearUp(child);
  }
}

function started(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess | End {
  try {
    const env = { ...process.env, ...environment };
    return spawn(program, [...args], { cwd: '/', detached: true, env, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    // Some errors of execve(2) are told by an event, the others so.
    if (errorCode(error) === null) throw error;
    return notStarted(error);
  }
}

function endOf(child: ChildProcess): Promise<End> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(notStarted(error)));
    child.once('exit', (status, name) => {
      const how = status === null ? `it was killed (${name})` : `it ended with ${status}`;
      const end: End = { ended: status === null ? 'killed' : 'exited', how, status };
      killGroup(child);
      void Promise.race([emitted(child, 'close'), timers.setTimeout(drainMilliseconds)]).then(() => resolve(end));
    });
  });
}

function emitted(child: ChildProcess, event: 'exit' | 'close'): Promise<void> {
  return new Promise((resolve) => {
    child.once(event, () => resolve());
  });
}

function notStarted(error: unknown): End {
  const why = error instanceof Error ? error.message : String(error);
  return { ended: 'not-started', how: `it could not be started: ${why}`, status: null };
}

/** Ends what is left of the group, and lets go of what does not end. */
async function clearUp(child: ChildProcess): Promise<void> {
  killGroup(child);
  const isOver = child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  if (!isOver) await Promise.race([emitted(child, 'exit'), timers.setTimeout(endMilliseconds, null, { ref: false })]);
  child.stdout?.destroy();
  child.stderr?.destroy();
  child.unref();
}

/** Detached, the process leads a group of its own, to which its children and theirs belong. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}
