import { createHash, createPublicKey, verify } from 'node:crypto';
import { promises as files, readSync } from 'node:fs';
import { arch } from 'node:os';
import { promises as timers } from 'node:timers';
import { execa } from 'execa';
import type { ByteString } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import { decompressStream } from './decompress-stream.ts';
import { converse, feed, output, standard } from './process-streams.ts';
import { commandFailure } from './run-command.ts';
import { Silence } from './silence.ts';
import type { ByteStream, Ed25519Claim, RunningDigest, RunOptions, Streams } from './streams.ts';

/** Streams of this machine. Node loads what lies below `promises` at its first use: 2 ms that most starts are spared. */
export const streams: Streams = {
  read,
  head,
  decompress: decompressStream,
  digest,
  isSigned,
  run,
  ...{ output, feed, converse, standard },
  withDirectory,
  turn: () => timers.setImmediate(),
  architecture: arch() === 'x64' ? 'amd64' : arch(),
};

/** As much as the processor's cache holds well. */
const pieceSize = 256 * 1024;

/** Pieces between two turns of everything else, such as signals. */
const piecesOfTurn = 32;

/** At once and not by another thread: on a busy machine waiting for that takes longer than the reading. */
async function* read(path: ByteString): ByteStream {
  const file = await opened(path);
  try {
    for (let count = 1; ; count++) {
      const piece = Buffer.allocUnsafe(pieceSize);
      const bytesRead = readSync(file.fd, piece, 0, pieceSize, null);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      if (count % piecesOfTurn === 0) await timers.setImmediate();
    }
  } finally {
    await file.close();
  }
}

async function head(path: ByteString, size: number): Promise<Uint8Array> {
  const file = await opened(path);
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(size), 0, size, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function opened(path: ByteString): ReturnType<typeof files.open> {
  try {
    return await files.open(Buffer.from(path, 'latin1'));
  } catch (error) {
    if (errorCode(error) === null) throw error;
    throw new Failure({
      code: 'unreadable',
      kind: 'input',
      message: `Cannot read ${path}: ${errorCode(error)}`,
      cause: error,
    });
  }
}

function digest(algorithm: 'sha256' | 'blake2b512'): RunningDigest {
  const hash = createHash(algorithm);
  return { update: (bytes) => hash.update(bytes), end: () => hash.digest('binary') };
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in the form that is imported. */
const ed25519Prefix = Buffer.from('302a300506032b6570032100', 'hex');

function isSigned({ publicKey, message, signature }: Ed25519Claim): boolean {
  const raw = Buffer.from(publicKey, 'latin1');
  const key = createPublicKey({ key: Buffer.concat([ed25519Prefix, raw]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(message, 'latin1'), key, Buffer.from(signature, 'latin1'));
}

const tickMilliseconds = 500;

async function run(program: string, args: readonly string[], { signal, onTick, growth }: RunOptions): Promise<void> {
  const silence = growth === undefined ? null : new Silence(growth);
  const ticks = setInterval(() => {
    onTick();
    silence?.look();
  }, tickMilliseconds);
  const ends = silence === null ? signal : AbortSignal.any([signal, silence.signal]);
  const options = { reject: false, cancelSignal: ends, stdin: 'ignore', stdout: 'ignore' } as const;
  const result = await execa(program, args, options).finally(() => clearInterval(ticks));
  ends.throwIfAborted();
  if (!result.failed) return;
  throw commandFailure(result);
}

async function withDirectory<Result>(parent: string, use: (directory: string) => Promise<Result>): Promise<Result> {
  const directory = await files.mkdtemp(`${parent}/migrate-`);
  try {
    return await use(directory);
  } finally {
    await files.rm(directory, { recursive: true, force: true });
  }
}
