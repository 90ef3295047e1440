import type { Readable, Transform } from 'node:stream';
import { execa } from 'execa';
import { errorCode, Failure } from '../domain/failure.ts';
import type { ByteStream, Compression } from './streams.ts';

/** Takes the compression off a stream: gzip and zstd by Node itself, xz by the program; see `Streams.decompress`. */
export async function* decompressStream(compression: Compression, packed: ByteStream): ByteStream {
  const input = new Input(packed);
  try {
    yield* compression === 'xz' ? throughProgram('xz', input) : throughTransform(await transformOf(compression), input);
  } catch (error) {
    // What went wrong before the compression is not damage of it.
    if (input.failure !== null) throw input.failure.error;
    if (errorCode(error) === null || error instanceof Failure) throw error;
    throw damaged(compression, error instanceof Error ? error.message : String(error), error);
  }
}

/** The packed stream, and the error by which it ended, if it did. */
class Input {
  failure: { readonly error: unknown } | null = null;
  readonly readable: Readable;

  constructor(packed: ByteStream) {
    this.readable = streams().Readable.from(this.#watched(packed), { objectMode: false, highWaterMark: 1 });
  }

  async *#watched(packed: ByteStream): ByteStream {
    try {
      yield* packed;
    } catch (error) {
      this.failure = { error };
      throw error;
    }
  }
}

const chunkSize = 256 * 1024;

/** Loaded when they are needed, as each of the two takes 2 ms of every start. */
function streams(): typeof import('node:stream') {
  return process.getBuiltinModule('node:stream');
}

async function transformOf(compression: 'gzip' | 'zstd'): Promise<Transform> {
  const zlib = await import('node:zlib');
  return compression === 'gzip' ? zlib.createGunzip({ chunkSize }) : zlib.createZstdDecompress({ chunkSize });
}

async function* throughTransform(transform: Transform, { readable }: Input): ByteStream {
  // What fails on one side ends the other.
  readable.on('error', (error) => transform.destroy(error));
  readable.pipe(transform);
  try {
    yield* transform;
  } finally {
    transform.destroy();
    readable.destroy();
  }
}

async function* throughProgram(program: string, { readable }: Input): ByteStream {
  const child = execa(program, ['--decompress', '--stdout'], {
    reject: false,
    buffer: false,
    stdin: 'pipe',
    encoding: 'buffer',
  });
  // It may end before it has read all; how it ended says more than a broken pipe.
  streams().finished(child.stdin, () => readable.unpipe());
  child.stdin.on('error', () => readable.destroy());
  readable.on('error', () => child.kill());
  readable.pipe(child.stdin);
  try {
    yield* child.iterable({ from: 'stdout', binary: true });
    const { failed, originalMessage, exitCode } = await child;
    if (failed) throw damaged('xz', originalMessage ?? `the program ended with ${exitCode}`, null);
  } finally {
    child.kill();
    readable.destroy();
  }
}

function damaged(compression: Compression, reason: string, cause: unknown): Failure {
  return new Failure({
    code: 'compressed-stream',
    kind: 'input',
    message: `Cannot unpack what is compressed by ${compression}: ${reason}`,
    cause,
  });
}
