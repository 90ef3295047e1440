import type { ByteString } from '../domain/bytes.ts';

/** Keeps the last bytes of a stream, in little more memory than these take. */
export class Tail {
  readonly #size: number;
  #pieces: Uint8Array[] = [];
  #held = 0;
  #dropped = 0;

  constructor(size: number) {
    this.#size = size;
  }

  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#held += piece.length;
    // Joined now and then only, so that many small pieces cost no more than a few large ones.
    if (this.#held > 2 * this.#size || this.#pieces.length > 1024) this.#cut();
  }

  end(): { readonly output: ByteString; readonly droppedBytes: number } {
    this.#cut();
    return { output: Buffer.concat(this.#pieces).toString('latin1'), droppedBytes: this.#dropped };
  }

  #cut(): void {
    const all = Buffer.concat(this.#pieces);
    const excess = Math.max(0, all.length - this.#size);
    // A copy: a view would hold the whole.
    this.#pieces = [Buffer.from(all.subarray(excess))];
    this.#held = all.length - excess;
    this.#dropped += excess;
  }
}
