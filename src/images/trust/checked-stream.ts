import type { ByteStream } from '../../system/streams.ts';
import type { Expectation, Verified } from './expectation.ts';

/**
 * A stream that is checked while it is read. Whoever reads it may stop early, as decompression does at its own end: the
 * rest is read by `finish`, since the digest is one of all bytes.
 */
export class CheckedStream {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #check: ReturnType<Expectation['start']>;
  readonly #onBytes: (bytes: number) => void;

  constructor(stream: ByteStream, expectation: Expectation, onBytes: (bytes: number) => void) {
    this.#pieces = stream[Symbol.asyncIterator]();
    this.#check = expectation.start();
    this.#onBytes = onBytes;
  }

  /** The bytes, from where they have been read to. */
  async *bytes(): ByteStream {
    for (let next = await this.#pieces.next(); next.done !== true; next = await this.#pieces.next()) {
      this.#check.update(next.value);
      this.#onBytes(next.value.length);
      yield next.value;
    }
  }

  /** Reads what is left, and says what was read. Throws Failure `image-mismatch` or `image-untrusted`. */
  async finish(): Promise<Verified> {
    for await (const _ of this.bytes());
    return this.#check.end();
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}
