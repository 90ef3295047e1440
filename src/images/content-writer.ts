import type { FileInMaking } from '../system/files.ts';
import type { Extent } from './image-entry.ts';
import { refused } from './image-failure.ts';

/** Puts the data of a file where it belongs, holes between. */
export class ContentWriter {
  readonly #file: FileInMaking;
  readonly #extents: readonly Extent[];
  readonly #size: number;
  readonly #isSparse: boolean;
  #index = 0;
  /** Bytes of the extent at hand that are written. */
  #filled = 0;

  constructor(
    file: FileInMaking,
    { size, extents }: { readonly size: number; readonly extents: readonly Extent[] | null },
  ) {
    this.#file = file;
    this.#size = size;
    this.#isSparse = extents !== null;
    this.#extents = (extents ?? [{ offset: 0, length: size }]).filter(({ length }) => length > 0);
  }

  write(bytes: Uint8Array): void {
    for (let start = 0; start < bytes.length; ) {
      const extent = this.#extents[this.#index];
      if (extent === undefined) throw refused('image-damaged', 'a file has more content than its size tells');
      const piece = bytes.subarray(start, start + extent.length - this.#filled);
      this.#file.write(piece, extent.offset + this.#filled);
      start += piece.length;
      this.#filled += piece.length;
      if (this.#filled < extent.length) continue;
      this.#index += 1;
      this.#filled = 0;
    }
  }

  /** A hole at the end is not written by anyone. */
  end(): void {
    if (this.#index < this.#extents.length)
      throw refused('image-damaged', 'a file has less content than its size tells');
    if (this.#isSparse) this.#file.setSize(this.#size);
  }
}
