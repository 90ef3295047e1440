import { fstatSync, ftruncateSync, writeSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import { callError, guarded } from '../native/place.ts';
import { cloneWhole, copyRange, nextData, nextHole, seekTo } from '../native/ranges.ts';
import { type OpenFile, readAt } from './content.ts';

/** Below this, reading and writing is faster than asking the kernel to copy. */
const smallSize = 64 * 1024;

/** Bytes between two words on progress. */
const stepSize = 16 * 1024 * 1024;

const bufferSize = 256 * 1024;

/** A new, empty file open for writing. */
export type NewFile = { readonly descriptor: number; readonly path: ByteString };

/**
 * Gives the empty file the content of the other: shared where the filesystem can, else copied with its holes kept.
 * EAGAIN where the source became shorter meanwhile.
 */
export function copyContent(from: OpenFile, to: NewFile, onBytes: (bytes: number) => void): void {
  if (from.size === 0) return;
  if (cloneWhole(from.descriptor, to.descriptor, to.path)) {
    onBytes(from.size);
    return;
  }
  const { blocks } = guarded('fstat', from.path, () => fstatSync(from.descriptor));
  // Blocks are of 512 bytes: fewer than the size needs means holes.
  if (from.size <= smallSize && blocks * 512 >= from.size) {
    copyByBuffer(from, to, { start: 0, end: from.size }, onBytes);
    return;
  }
  copyData(from, to, onBytes);
  // A hole at the end is not written by anyone.
  guarded('ftruncate', to.path, () => ftruncateSync(to.descriptor, from.size));
}

/** Writes all of the bytes at the offset. */
export function writeAll(to: NewFile, bytes: Buffer, offset: number): void {
  let written = 0;
  while (written < bytes.length) {
    const start = written;
    written += guarded('write', to.path, () =>
      writeSync(to.descriptor, bytes, start, bytes.length - start, offset + start),
    );
  }
}

type Range = { readonly start: number; readonly end: number };

function copyData(from: OpenFile, to: NewFile, onBytes: (bytes: number) => void): void {
  let offset = 0;
  while (offset < from.size) {
    const start = nextData(from.descriptor, offset, from.path);
    if (start === null || start >= from.size) return;
    const end = nextHole(from.descriptor, start, from.size, from.path);
    const reached = copyInKernel(from, to, { start, end }, onBytes);
    if (reached < end) copyByBuffer(from, to, { start: reached, end }, onBytes);
    offset = end;
  }
}

/** Copies what the kernel copies of the range; where it stopped. */
function copyInKernel(from: OpenFile, to: NewFile, range: Range, onBytes: (bytes: number) => void): number {
  seekTo(from.descriptor, range.start, from.path);
  seekTo(to.descriptor, range.start, to.path);
  let reached = range.start;
  while (reached < range.end) {
    const copied = copyRange(from.descriptor, to.descriptor, Math.min(stepSize, range.end - reached), to.path);
    // Some kernels answer 0 where they cannot copy; plain reads tell that from a file that became shorter.
    if (copied === null || copied === 0) return reached;
    reached += copied;
    onBytes(copied);
  }
  return reached;
}

function copyByBuffer(from: OpenFile, to: NewFile, range: Range, onBytes: (bytes: number) => void): void {
  const buffer = Buffer.allocUnsafe(Math.min(bufferSize, range.end - range.start));
  let offset = range.start;
  while (offset < range.end) {
    const chunk = buffer.subarray(0, Math.min(buffer.length, range.end - offset));
    if (readAt(from, chunk, chunk.length, offset) < chunk.length) throw callError('EAGAIN', 'read', from.path);
    writeAll(to, chunk, offset);
    offset += chunk.length;
    onBytes(chunk.length);
  }
}
