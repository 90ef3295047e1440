import type { Extract, ExtractEvents } from 'tar-stream';
import { errorCode } from '../../domain/failure.ts';
import { refused } from '../image-failure.ts';

/** What tar-stream is waiting to be given next: an entry's content, or null where that is another header. */
type Found = { readonly size: number; readonly content: Content };
type Content = ExtractEvents['entry'][1];

/**
 * tar-stream, given an archive block by block: it checks the headers' sums and tells where an entry begins and how long
 * its content is. The meaning of the headers is read apart (`decodeEntry`), since it takes names and extended headers for
 * text, and does not know sparse files: bytes that are no UTF-8 do not survive that.
 */
export class TarFrames {
  readonly #extract: Extract;
  #found: Found | null = null;
  #next: () => void = () => undefined;
  #settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | null = null;

  private constructor(extract: Extract) {
    this.#extract = extract;
    extract.on('entry', (header, content, next) => {
      // It takes no content for directories, whatever size their headers tell.
      this.#found = { size: header.type === 'directory' ? 0 : header.size, content };
      this.#next = next;
    });
    extract.on('drain', () => this.#settle?.resolve());
    extract.on('error', (error) => this.#settle?.reject(error));
  }

  /** Loaded when it is needed: most runs read no archive. */
  static async open(): Promise<TarFrames> {
    const { extract } = await import('tar-stream');
    // One write at a time: what comes after a header depends on it.
    return new TarFrames(extract({ highWaterMark: 1, allowUnknownFormat: true } as object));
  }

  /** Takes a block of headers; gives the size of the content that follows, or null where more headers do. */
  async header(block: Uint8Array): Promise<number | null> {
    await this.#give(block);
    return this.#found === null ? null : this.#found.size;
  }

  /** Takes the content of the entry, and what fills its last block, from `pieces`; hands on the content. */
  async content(pieces: AsyncIterable<Uint8Array>, onBytes: (bytes: Uint8Array) => void): Promise<void> {
    const found = this.#found;
    this.#found = null;
    if (found === null) throw new TypeError('There is no entry to read the content of');
    if (found.size > 0) await this.#through(found.content, pieces, onBytes);
    this.#next();
  }

  async #through(
    content: Content,
    pieces: AsyncIterable<Uint8Array>,
    onBytes: (bytes: Uint8Array) => void,
  ): Promise<void> {
    // An error that is thrown at an event would reach nobody.
    const failures: unknown[] = [];
    content.on('data', (bytes) => {
      try {
        if (bytes instanceof Uint8Array && failures.length === 0) onBytes(bytes);
      } catch (error) {
        failures.push(error);
      }
    });
    const ended = new Promise<void>((resolve) => content.on('end', () => resolve()));
    for await (const piece of pieces) {
      await this.#give(piece);
      if (failures.length > 0) throw failures[0];
    }
    await ended;
    if (failures.length > 0) throw failures[0];
  }

  close(): void {
    this.#extract.destroy();
  }

  async #give(bytes: Uint8Array): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#extract.write(bytes);
      });
    } catch (error) {
      if (errorCode(error) !== null || !(error instanceof Error)) throw error;
      throw refused('image-damaged', `it is no tar archive that can be read: ${error.message}`, { cause: error });
    }
  }
}
