import { constants } from 'node:buffer';
import { createHash } from 'node:crypto';
import { readSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import type { DigestAlgorithm } from '../../domain/shipped.ts';
import { shareExtents } from '../native/extents.ts';
import { native } from '../native/libc.ts';
import { callError, checked, guarded } from '../native/place.ts';
import { nextData } from '../native/ranges.ts';
import { chunkSize, sameBytes } from './same-bytes.ts';

/** A regular file open for reading. */
export type OpenFile = {
  readonly descriptor: number;
  /** Bytes in it when it was opened. */
  readonly size: number;
  /** Bytes that it takes on the disk, where these are fewer: then it may have holes. */
  readonly allocated?: number | undefined;
  /** Where it lies on this machine; for messages. */
  readonly path: ByteString;
};

/** Whole content. EFBIG where it is longer than a string can be (about 512 MiB). */
export function readWhole(file: OpenFile): ByteString {
  if (file.size > constants.MAX_STRING_LENGTH) throw callError('EFBIG', 'read', file.path);
  const parts: ByteString[] = [];
  for (const chunk of chunksOf(file)) parts.push(chunk.toString('latin1'));
  return parts.join('');
}

/** A digest of the content, lower-case hexadecimal. */
export function digestOf(file: OpenFile, algorithm: DigestAlgorithm): string {
  const hash = createHash(algorithm);
  for (const chunk of chunksOf(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** From here on it takes less to ask where the content lies than to read it. */
const largeSize = 1024 * 1024;

/** Whether two files are known to have the same content without a byte of it read: large ones that share all of it. */
export function haveSameExtents(a: OpenFile, b: OpenFile): boolean {
  return a.size >= largeSize && shareExtents(a.descriptor, b.descriptor);
}

/** Whether two files of the same size hold the same bytes. Nothing is read where they share it, or both have a hole. */
export function haveSameBytes(a: OpenFile, b: OpenFile): boolean {
  if (haveSameExtents(a, b)) return true;
  const skips = (mayHaveHoles(a) || mayHaveHoles(b)) && a.size > chunkSize;
  return sameBytes([a, b], a.size, readAt, skips ? (offset) => nextDataOfEither(a, b, offset) : null);
}

export function mayHaveHoles({ allocated }: OpenFile): boolean {
  return allocated !== undefined;
}

/** Reads `size` bytes from the offset on; fewer only where the file ends. */
export function readAt(file: OpenFile, into: Buffer, size: number, offset: number): number {
  const { libc } = native();
  let filled = 0;
  while (filled < size) {
    // A third of what Node's own call takes.
    const rest = filled === 0 ? into : into.subarray(filled);
    const count = checked(libc.pread(file.descriptor, rest, size - filled, offset + filled), 'read', file.path);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

// The chunk is valid until the next one is asked for.
function* chunksOf(file: OpenFile): Generator<Buffer> {
  const chunk = Buffer.allocUnsafe(Math.min(Math.max(file.size, 4096), chunkSize));
  let offset = 0;
  while (true) {
    const count = guarded('read', file.path, () => readSync(file.descriptor, chunk, 0, chunk.length, offset));
    if (count === 0) return;
    offset += count;
    yield chunk.subarray(0, count);
  }
}

function nextDataOfEither(a: OpenFile, b: OpenFile, offset: number): number {
  const inA = nextData(a.descriptor, offset, a.path) ?? a.size;
  if (inA === offset) return offset;
  return Math.min(inA, nextData(b.descriptor, offset, b.path) ?? b.size);
}
