import type { ByteString } from '../../domain/bytes.ts';
import type { ByteStream } from '../../system/streams.ts';
import { ByteSource, cutOff } from '../byte-source.ts';
import type { Extent, ImageEntry } from '../image-entry.ts';
import { refused } from '../image-failure.ts';
import { type DecodedEntry, decodeEntry } from './decode-entry.ts';
import { blockSize, takeApart } from './header-blocks.ts';
import type { PaxRecord } from './pax-records.ts';
import { checkMap, hasOwnMap, oldSparseBlock, oldSparseHeader, readOwnMap, sparseOfKeywords } from './sparse.ts';
import { TarFrames } from './tar-frames.ts';

/** Takes an archive's entries one after another. */
export type OnEntry = (entry: ImageEntry, content: ContentReader) => Promise<void> | void;

/** Hands on the data of the entry, its holes left out; to be called once, or not at all where there is none. */
export type ContentReader = (onBytes: (bytes: Uint8Array) => void) => Promise<void>;

/** Extended headers of one entry take no more: 8 MiB. */
const longestHeaders = 8 * 1024 * 1024;

/**
 * Reads a tar archive: ustar, GNU, pax and the oldest kind, with the sparse files of GNU tar. Throws Failure
 * `image-damaged` where it is malformed, ends before its end marker, or goes on after it; `image-unsafe` for names that
 * lead out of it; `image-unsupported` for what is not known.
 */
export async function readTar(stream: ByteStream, onEntry: OnEntry): Promise<void> {
  const source = new ByteSource(stream);
  const frames = await TarFrames.open();
  try {
    const reader = new TarReader(source, frames);
    while (await reader.next(onEntry));
    await readEnd(source);
  } finally {
    frames.close();
    await source.close();
  }
}

/** The first entry below the top of an archive, read no further; null where there is none. Throws as `readTar` does. */
export async function firstEntry(stream: ByteStream): Promise<ImageEntry | null> {
  const source = new ByteSource(stream);
  const frames = await TarFrames.open();
  try {
    const reader = new TarReader(source, frames);
    for (;;) {
      const entries: ImageEntry[] = [];
      const goesOn = await reader.next((entry) => void entries.push(entry));
      const [entry] = entries;
      if (!goesOn) return null;
      if (entry !== undefined && entry.path !== '/') return entry;
    }
  } finally {
    frames.close();
    await source.close();
  }
}

class TarReader {
  readonly #source: ByteSource;
  readonly #frames: TarFrames;
  readonly #global: PaxRecord[] = [];

  constructor(source: ByteSource, frames: TarFrames) {
    this.#source = source;
    this.#frames = frames;
  }

  /** Reads one entry; false where the archive ends. */
  async next(onEntry: OnEntry): Promise<boolean> {
    let blocks = '';
    let size: number | null = null;
    while (size === null) {
      const block = await this.#source.exactly(blockSize);
      if (block.length === 0) throw cutOff();
      if (blocks === '' && isEmpty(block)) return false;
      blocks += latin1(block);
      if (blocks.length > longestHeaders) throw refused('image-too-large', 'the headers of an entry are too long');
      size = await this.#frames.header(block);
    }
    await this.#entry(takeApartChecked(blocks, this.#global, size), onEntry);
    return true;
  }

  async #entry({ decoded, headers }: Decoded, onEntry: OnEntry): Promise<void> {
    const { entry, storedSize, isOldSparse } = decoded;
    if (isOldSparse) {
      const { extents, size } = await this.#oldMap(headers.header);
      checkMap({ extents, size }, storedSize);
      return this.#withContent({ ...entry, size, extents }, storedSize, onEntry);
    }
    const map = sparseOfKeywords(headers.pax);
    if (map !== null) checkMap(map, storedSize);
    if (map === null && hasOwnMap(headers.pax) && entry.type === 'file')
      return this.#withOwnMap(decoded, headers, onEntry);
    return this.#withContent(
      { ...entry, size: map?.size ?? storedSize, extents: map?.extents ?? null },
      storedSize,
      onEntry,
    );
  }

  /** These blocks stand between header and content, and are not counted by the size; tar-stream does not know them. */
  async #oldMap(header: ByteString): Promise<{ readonly extents: readonly Extent[]; readonly size: number }> {
    const { extents, size, more } = oldSparseHeader(header);
    for (let goesOn = more; goesOn; ) {
      const block = await this.#source.exactly(blockSize);
      if (block.length === 0) throw cutOff();
      const next = oldSparseBlock(latin1(block));
      extents.push(...next.extents);
      goesOn = next.more;
    }
    return { extents: extents.filter(({ length }) => length > 0), size };
  }

  async #withOwnMap({ entry, storedSize }: DecodedEntry, { pax }: Decoded['headers'], onEntry: OnEntry): Promise<void> {
    const blocks: Uint8Array[] = [];
    const { extents, size, mapSize } = await readOwnMap(pax, async () => {
      if (blocks.length * blockSize >= storedSize)
        throw refused('image-damaged', 'the map of a sparse file is cut off');
      const block = await this.#source.exactly(blockSize);
      if (block.length === 0) throw cutOff();
      blocks.push(block);
      return latin1(block);
    });
    checkMap({ extents, size }, storedSize - mapSize);
    return this.#withContent({ ...entry, size, extents }, storedSize, onEntry, blocks);
  }

  /** `already` are the blocks of the content that have been read: they are no data. */
  async #withContent(
    entry: ImageEntry,
    storedSize: number,
    onEntry: OnEntry,
    already: readonly Uint8Array[] = [],
  ): Promise<void> {
    let isRead = false;
    const read: ContentReader = (onBytes) => {
      isRead = true;
      let skip = already.length * blockSize;
      return this.#frames.content(this.#pieces(storedSize, already), (bytes) => {
        const data = bytes.subarray(Math.min(skip, bytes.length));
        skip -= bytes.length - data.length;
        if (data.length > 0) onBytes(data);
      });
    };
    await onEntry(entry, read);
    if (!isRead) await read(() => undefined);
  }

  async *#pieces(size: number, already: readonly Uint8Array[]): ByteStream {
    yield* already;
    let left = Math.ceil(size / blockSize) * blockSize - already.length * blockSize;
    while (left > 0) {
      const piece = await this.#source.some(left);
      if (piece.length === 0) throw cutOff();
      left -= piece.length;
      yield piece;
    }
  }
}

type Decoded = { readonly decoded: DecodedEntry; readonly headers: ReturnType<typeof takeApart> };

/** Both readings of the headers have to agree on where the next one stands. */
function takeApartChecked(blocks: ByteString, global: PaxRecord[], size: number): Decoded {
  const headers = takeApart(blocks, global);
  const decoded = decodeEntry(headers);
  if (decoded.storedSize !== size) throw refused('image-damaged', 'the headers of an entry contradict each other');
  return { decoded, headers };
}

/** Of the two empty blocks of the end the first has been read; after them only empty ones fill the tape's record. */
async function readEnd(source: ByteSource): Promise<void> {
  const second = await source.exactly(blockSize);
  if (second.length === 0) throw cutOff();
  for (let piece = second; piece.length > 0; piece = await source.some(1024 * 1024)) {
    if (!isEmpty(piece)) throw refused('image-damaged', 'something follows after the end of the archive');
  }
}

function isEmpty(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
}

function latin1(bytes: Uint8Array): ByteString {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
