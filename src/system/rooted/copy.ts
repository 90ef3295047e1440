import { closeSync, ftruncateSync, openSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import { inodeFlags } from '../../domain/entry.ts';
import { errorCode } from '../../domain/failure.ts';
import { readFlags, writeFlags } from '../native/flags.ts';
import { native } from '../native/libc.ts';
import { openFlags } from '../native/linux.ts';
import { callError, checked, guarded } from '../native/place.ts';
import { cloneWhole, copyRange, nextData, nextHole, seekTo } from '../native/ranges.ts';
import { type OpenFile, readAt } from './content.ts';

/** Below this, reading and writing is faster than asking the kernel to copy. */
const smallSize = 64 * 1024;

/** Bytes between two words on progress. */
const stepSize = 16 * 1024 * 1024;

/** Used over and over. */
const buffer = Buffer.allocUnsafeSlow(256 * 1024);

/** A new, empty file open for writing. */
export type NewFile = { readonly descriptor: number; readonly path: ByteString };

/** A file to be copied, and how much of the disk it takes: less than its size where it has holes. */
export type CopiedFile = OpenFile & { readonly allocated: number };

/** Copies contents, and remembers which filesystems were found to share nothing. */
export class ContentCopier {
  /** Pairs of device numbers. */
  readonly #apart = new Set<string>();

  /**
   * Gives the empty file the content of the other: shared where the filesystems can, else copied with its holes kept.
   * `devices` names the pair of filesystems. EAGAIN where the source became shorter meanwhile.
   */
  copy(from: CopiedFile, to: NewFile, devices: string, onBytes: (bytes: number) => void): void {
    if (from.size === 0) return;
    if (this.#share(from, to, devices)) {
      onBytes(from.size);
    } else if (from.size <= smallSize && from.allocated >= from.size) {
      copyByBuffer(from, to, { start: 0, end: from.size }, onBytes);
    } else {
      copyData(from, to, onBytes);
      // A hole at the end is not written by anyone.
      guarded('ftruncate', to.path, () => ftruncateSync(to.descriptor, from.size));
    }
  }

  #share(from: OpenFile, to: NewFile, devices: string): boolean {
    if (this.#apart.has(devices)) return false;
    const answer = cloneWhole(from.descriptor, to.descriptor, to.path);
    if (answer === 'never') this.#apart.add(devices);
    return answer === 'shared';
  }
}

/** How open(2) says that the filesystem has no files without a name, or cannot be written to. */
const noNameless = new Set(['EOPNOTSUPP', 'EISDIR', 'ENOENT', 'EROFS']);

/** How a filesystem says that it is full: nothing can be made on it, shared or not. */
const full = new Set(['ENOSPC', 'EDQUOT']);

/**
 * Whether a new file in an open directory would share the extents of the other: one is made that nobody sees. Null where
 * this file alone cannot be shared.
 */
export function canShare(from: OpenFile, directory: number, path: ByteString): boolean | null {
  try {
    const descriptor = openNameless(directory, path);
    return descriptor === null ? false : tryToShare(from, descriptor, path);
  } catch (error) {
    if (!full.has(errorCode(error) ?? '')) throw error;
    return false;
  }
}

/** Closes the new file. */
function tryToShare(from: OpenFile, descriptor: number, path: ByteString): boolean | null {
  try {
    // Files of which one is copied on writing and the other is not share nothing on btrfs; a copy has the flag as well.
    const flags = (readFlags(from.descriptor, from.path) ?? 0) & inodeFlags.noCopyOnWrite;
    if (flags !== 0) writeFlags(descriptor, flags, path);
    const answer = cloneWhole(from.descriptor, descriptor, path);
    return answer === 'not-these' ? null : answer === 'shared';
  } finally {
    closeSync(descriptor);
  }
}

function openNameless(directory: number, path: ByteString): number | null {
  try {
    return guarded('open', path, () => openSync(`/proc/self/fd/${directory}`, openFlags.nameless, 0o600));
  } catch (error) {
    if (!noNameless.has(errorCode(error) ?? '')) throw error;
    return null;
  }
}

/** Writes all of the bytes at the offset, or as many as `size` says. */
export function writeAll(to: NewFile, bytes: Uint8Array, offset: number, size = bytes.length): void {
  const { libc } = native();
  let written = 0;
  while (written < size) {
    const rest = written === 0 ? bytes : bytes.subarray(written);
    written += checked(libc.pwrite(to.descriptor, rest, size - written, offset + written), 'write', to.path);
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
  let offset = range.start;
  while (offset < range.end) {
    const size = Math.min(buffer.length, range.end - offset);
    if (readAt(from, buffer, size, offset) < size) throw callError('EAGAIN', 'read', from.path);
    writeAll(to, buffer, offset, size);
    offset += size;
    onBytes(size);
  }
}
