import type { ByteStream } from '../system/streams.ts';
import { refused } from './image-failure.ts';

const nothing = new Uint8Array();

/** A stream of which as many bytes are taken as are asked for. */
export class ByteSource {
  readonly #pieces: AsyncIterator<Uint8Array>;
  #piece: Uint8Array = nothing;

  constructor(stream: ByteStream) {
    this.#pieces = stream[Symbol.asyncIterator]();
  }

  /** At least one byte and at most so many; nothing at the end of the stream. */
  async some(most: number): Promise<Uint8Array> {
    while (this.#piece.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return nothing;
      this.#piece = next.value;
    }
    const taken = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(taken.length);
    return taken;
  }

  /** So many bytes, or nothing at the end of the stream. Throws Failure `image-damaged` where it ends within them. */
  async exactly(size: number): Promise<Uint8Array> {
    const first = await this.some(size);
    if (first.length === size || first.length === 0) return first;
    const whole = new Uint8Array(size);
    whole.set(first);
    for (let filled = first.length; filled < size; ) {
      const more = await this.some(size - filled);
      if (more.length === 0) throw cutOff();
      whole.set(more, filled);
      filled += more.length;
    }
    return whole;
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    await this.#pieces.return?.();
  }
}

/** The Failure of an archive that ends too early. */
export function cutOff(): Error {
  return refused('image-damaged', 'it ends too early', { advice: 'Fetch it again: it was cut off on its way' });
}
