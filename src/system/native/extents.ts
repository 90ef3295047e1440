import { fstatSync } from 'node:fs';
import { native } from './libc.ts';
import { btrfsRequests, ioctlRequests } from './linux.ts';

/** struct fiemap of linux/fiemap.h in 32-bit words, with room for as many struct fiemap_extent as fit. */
const headerWords = 8;
const extentWords = 14;
const flagsWord = 10;
const extentsAtOnce = 128;
const mapSize = headerWords + extentWords * extentsAtOnce;

/** Dirty pages are written first: what is only in memory has no place yet, or hides behind an old one. */
const syncFirst = 1;

const lastExtent = 0x1;
/**
 * Flags besides which a place says what the content is (LAST, MERGED, SHARED). What is compressed, inline, encrypted,
 * not yet written or not yet placed may be something else at the same place.
 */
const harmlessFlags = lastExtent | 0x1000 | 0x2000;

/** Whether two open files lie in the very same blocks, so that their contents are equal. False says nothing. */
export function shareExtents(a: number, b: number): boolean {
  if (!onSameFilesystem(a, b)) return false;
  const left = new Uint32Array(mapSize);
  const right = new Uint32Array(mapSize);
  let offset = 0;
  for (;;) {
    const count = readExtents(a, offset, left);
    if (count === null || count === 0 || readExtents(b, offset, right) !== count) return false;
    if (!sayTheSame(left, right, count)) return false;
    if ((wordOf(left, count - 1, flagsWord) & lastExtent) !== 0) return true;
    offset = longOf(left, count - 1, 0) + longOf(left, count - 1, 4);
  }
}

function sayTheSame(left: Uint32Array, right: Uint32Array, count: number): boolean {
  for (let index = 0; index < count; index++) {
    if ((wordOf(left, index, flagsWord) & ~harmlessFlags) !== 0) return false;
    for (let word = 0; word < extentWords; word++) {
      if (wordOf(left, index, word) !== wordOf(right, index, word)) return false;
    }
  }
  return true;
}

/** How many extents there are from the offset on, as many as fit into the map; null where the filesystem does not tell. */
function readExtents(descriptor: number, offset: number, map: Uint32Array): number | null {
  map.fill(0);
  map.set([offset, offset / 0x100000000, 0xffffffff, 0x7fffffff, syncFirst, 0, extentsAtOnce, 0]);
  return native().libc.ioctl(descriptor, ioctlRequests.fiemap, map) < 0 ? null : (map[5] ?? null);
}

function wordOf(map: Uint32Array, index: number, word: number): number {
  return map[headerWords + index * extentWords + word] ?? 0;
}

function longOf(map: Uint32Array, index: number, word: number): number {
  return wordOf(map, index, word + 1) * 0x100000000 + wordOf(map, index, word);
}

/** Subvolumes of one btrfs have different device numbers. */
function onSameFilesystem(a: number, b: number): boolean {
  if (fstatSync(a).dev === fstatSync(b).dev) return true;
  const id = btrfsId(a);
  return id !== null && id === btrfsId(b);
}

/** The fsid in struct btrfs_ioctl_fs_info_args of linux/btrfs.h; null on any other filesystem. */
function btrfsId(descriptor: number): string | null {
  const info = new Uint32Array(256);
  return native().libc.ioctl(descriptor, btrfsRequests.filesystemInfo, info) < 0 ? null : info.slice(4, 8).join(' ');
}
