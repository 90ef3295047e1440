import { spawnSync } from 'node:child_process';
import { closeSync, constants, openSync, readFileSync, readSync, writeSync } from 'node:fs';
import { errorCode, Failure } from '../domain/failure.ts';
import type { Consoles } from './consoles.ts';
import { native } from './native/libc.ts';
import { flushInput, ioctlRequests } from './native/linux.ts';
import { sleep } from './sleep.ts';

const pollMilliseconds = 100;
/** A serial line with nobody at its other end may take nothing. */
const writeMilliseconds = 5000;

/**
 * The consoles of this machine, as the kernel lists them: /dev/console is only the last of them. See
 * Documentation/admin-guide/serial-console.rst and Documentation/ABI/testing/sysfs-tty.
 */
export function openConsoles(): Consoles {
  return consolesAt(pathsIn(readFileSync('/sys/class/tty/console/active', 'latin1')));
}

/** The terminals at these paths, the first of which has the shell. */
export function consolesAt(paths: readonly string[]): Consoles {
  const opened = paths.flatMap(opening);
  const show = (text: string): void => {
    for (const descriptor of opened) write(descriptor, text);
  };
  return {
    show,
    ask: (question, seconds) => {
      forgetTyped(opened);
      show(question);
      return readLine(opened, seconds);
    },
    runShell: () => runShell(paths[0] ?? '/dev/console'),
    close: () => {
      for (const descriptor of opened.splice(0)) closeSync(descriptor);
    },
  };
}

function pathsIn(active: string): readonly string[] {
  const names = active.split(/\s+/).filter((name) => name !== '');
  return names.length === 0 ? ['/dev/console'] : names.toReversed().map((name) => `/dev/${name}`);
}

/** A console whose device is not there, or that only prints, is not one at which anybody could answer. */
function opening(path: string): number[] {
  try {
    return [openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)];
  } catch (error) {
    if (errorCode(error) === null) throw error;
    return [];
  }
}

function write(descriptor: number, text: string): void {
  const bytes = Buffer.from(text);
  const end = performance.now() + writeMilliseconds;
  for (let written = 0; written < bytes.length && performance.now() < end; ) {
    const { status, count } = attempt(() => writeSync(descriptor, bytes, written));
    if (status === 'gone') return;
    if (status === 'later') sleep(pollMilliseconds);
    written += count;
  }
}

/** Also a part of a line. What is no terminal has nothing to forget. */
function forgetTyped(opened: readonly number[]): void {
  for (const descriptor of opened) native().libc.ioctlNumber(descriptor, ioctlRequests.flushTerminal, flushInput);
}

function readLine(opened: readonly number[], seconds: number): string | null {
  const buffer = Buffer.alloc(4096);
  const awake = new Set(opened);
  for (const end = performance.now() + seconds * 1000; awake.size > 0 && performance.now() < end; ) {
    for (const descriptor of awake) {
      const { status, count } = attempt(() => readSync(descriptor, buffer));
      // A terminal hands over a line at a time.
      if (count > 0) return buffer.toString('utf8', 0, count).trim();
      if (status !== 'later') awake.delete(descriptor);
    }
    sleep(pollMilliseconds);
  }
  return null;
}

/** How many bytes went, `later` where none can go now; none with `done` is the end of what is read. */
type Attempt = { readonly status: 'done' | 'later' | 'gone'; readonly count: number };

/** A terminal that was hung up is no reason to stop. */
function attempt(transfer: () => number): Attempt {
  try {
    return { status: 'done', count: transfer() };
  } catch (error) {
    const code = errorCode(error);
    if (code === null) throw error;
    return { status: code === 'EAGAIN' ? 'later' : 'gone', count: 0 };
  }
}

/** In a session of its own, whose terminal is that console: only so can what is run in it be interrupted. */
function runShell(path: string): void {
  const terminal = openSync(path, constants.O_RDWR | constants.O_NOCTTY);
  try {
    const env = { ...process.env, PS1: 'recovery:$PWD# ', HOME: '/root', TERM: process.env['TERM'] ?? 'linux' };
    const { error } = spawnSync('setsid', ['-c', 'sh', '-i'], { stdio: [terminal, terminal, terminal], cwd: '/', env });
    if (error !== undefined) throw noShell(error);
  } finally {
    closeSync(terminal);
  }
}

function noShell(cause: Error): Failure {
  const message = `Cannot run a shell: ${errorCode(cause) ?? cause.message}`;
  return new Failure({ code: 'no-shell', kind: 'failed', message, cause });
}
