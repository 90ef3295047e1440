import { fstatSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import { errorCode, Failure } from '../domain/failure.ts';
import { commandFailure } from './run-command.ts';
import type { ByteStream, Conversation, ConversationOptions } from './streams.ts';

/** What a program writes; see `Streams.output`. */
export async function* output(program: string, args: readonly string[], options: ConversationOptions): ByteStream {
  const child = start(program, args, { ...options, stdin: 'ignore' });
  try {
    for await (const piece of child.stdout as AsyncIterable<Uint8Array>) yield piece;
    await settled(child.ended, options.signal);
  } catch (error) {
    options.signal.throwIfAborted();
    throw error;
  } finally {
    child.kill();
    await child.ended;
  }
}

/** Runs a program with a stream as its input; see `Streams.feed`. */
export async function feed(
  program: string,
  args: readonly string[],
  bytes: ByteStream,
  options: ConversationOptions,
): Promise<void> {
  const child = start(program, args, { ...options, stdin: 'pipe' });
  child.stdout.resume();
  try {
    for await (const piece of bytes) {
      // A program that reads no more has failed, and says why when it ends.
      if (!(await isWritten(child.stdin, piece, options.signal))) break;
    }
  } catch (error) {
    child.kill();
    // One that waits for more in the kernel may hear of its end by that alone (zfs receive).
    child.stdin?.destroy();
    await child.ended;
    throw error;
  }
  child.stdin?.end();
  await settled(child.ended, options.signal);
}

/** Starts a program to talk with; see `Streams.converse`. */
export function converse(program: string, args: readonly string[], options: ConversationOptions): Conversation {
  const child = start(program, args, { ...options, stdin: 'pipe' });
  return {
    input: child.stdout,
    write: (bytes) => write(child.stdin, bytes, options.signal),
    end: () => child.stdin?.end(),
    ended: () => settled(child.ended, options.signal),
  };
}

/** Whoever started this program. */
export function standard({ signal }: ConversationOptions): Conversation {
  const { stdin } = process;
  const stdout = standardOutput();
  process.getBuiltinModule('node:stream').addAbortSignal(signal, stdin);
  // Whoever does not read would keep this program from ending.
  signal.addEventListener('abort', () => stdout.destroy(), { once: true });
  stdout.on('error', ignoreClosed);
  return {
    input: stdin as AsyncIterable<Uint8Array>,
    write: (bytes) => write(stdout, bytes, signal),
    end: () => {
      stdin.destroy();
      // What was waited for is written; what nobody takes would keep this program from ending.
      if (stdout !== process.stdout) stdout.destroy();
    },
    ended: () => Promise.resolve(),
  };
}

/** What is written to `process.stdout` cannot be given up: destroying that leaves its last write pending. */
function standardOutput(): Writable {
  const status = fstatSync(1);
  if (!status.isFIFO() && !status.isSocket()) return process.stdout;
  const { Socket } = process.getBuiltinModule('node:net');
  return new Socket({ fd: 1, readable: false, writable: true });
}

type Child = {
  readonly stdin: Writable | null;
  readonly stdout: Readable;
  readonly kill: () => void;
  readonly ended: Promise<Failure | null>;
};

function start(
  program: string,
  args: readonly string[],
  { signal, stdin }: ConversationOptions & { readonly stdin: 'pipe' | 'ignore' },
): Child {
  const options = { reject: false, cancelSignal: signal, stdin, buffer: { stdout: false, stderr: true } } as const;
  const child = execa(program, args, options);
  child.stdin?.on('error', ignoreClosed);
  // What nobody reads any more would keep it from having ended.
  signal.addEventListener('abort', () => child.stdout.destroy(), { once: true });
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    kill: () => void child.kill(),
    ended: child.then((result) =>
      result.failed ? commandFailure({ ...result, stderr: String(result.stderr) }) : null,
    ),
  };
}

/** Throws why a program ended badly; a signal that ended it is the reason itself. */
async function settled(ended: Promise<Failure | null>, signal: AbortSignal): Promise<void> {
  const failure = await ended;
  signal.throwIfAborted();
  if (failure !== null) throw failure;
}

async function write(stream: Writable | null, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  if (await isWritten(stream, bytes, signal)) return;
  throw new Failure({
    code: 'closed',
    kind: 'failed',
    message: 'Cannot write: the other end has closed the connection',
  });
}

/**
 * Waits until there is room for more; false where the other end reads no more. Throws the signal's reason, be it that the
 * other end neither reads nor ends.
 */
async function isWritten(stream: Writable | null, bytes: Uint8Array, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted();
  if (stream === null || stream.destroyed || stream.writableEnded) return false;
  return await new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    stream.write(bytes, (error) => {
      signal.removeEventListener('abort', onAbort);
      if (error === null || error === undefined) resolve(true);
      else if (isClosed(error)) resolve(false);
      else reject(error);
    });
  });
}

/** Whoever writes is told by the call itself. */
function ignoreClosed(error: Error): void {
  if (!isClosed(error)) throw error;
}

function isClosed(error: Error): boolean {
  return ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_WRITE_AFTER_END'].includes(errorCode(error) ?? '');
}
