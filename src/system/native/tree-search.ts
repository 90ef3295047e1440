import type { ByteString } from '../../domain/bytes.ts';
import { native } from './libc.ts';
import { btrfsRequests } from './linux.ts';
import { checked } from './place.ts';

/** An item of one of btrfs's trees: key and data. Offsets beyond 2^53 are not exact. */
export type TreeItem = { readonly type: number; readonly offset: number; readonly data: Buffer };

/** Types of items (linux/btrfs_tree.h). */
export const itemTypes = {
  inode: 1,
  name: 12,
  longName: 13,
  xattr: 24,
  entry: 84,
  entryInOrder: 96,
  extent: 108,
  root: 132,
  nested: 156,
  uuid: 251,
} as const;

/** Numbers of trees (linux/btrfs_tree.h); 0 is the subvolume that is asked. */
export const trees = { own: 0, roots: 1, uuids: 9 } as const;

/** Which items: all of one object whose types lie in a range, or with `offset` the one with that key. */
export type ItemRange = {
  readonly tree: number;
  readonly object: number | bigint;
  readonly types: readonly [from: number, to: number];
  readonly offset?: number | bigint;
};

/** An item where it lies in the buffer, which holds it only as long as it is shown. */
export type ShownItem = {
  readonly type: number;
  readonly object: number;
  readonly offset: number;
  readonly bytes: Buffer;
  /** Where its data begins. */
  readonly start: number;
};

type Key = { object: bigint; type: number; offset: bigint };

/** linux/btrfs_tree.h: BTRFS_FIRST_FREE_OBJECTID and BTRFS_LAST_FREE_OBJECTID, between which inodes have their numbers. */
const firstObject = 256;
const lastObject = 2n ** 64n - 256n;
const largestOffset = 2n ** 64n - 1n;

// struct btrfs_ioctl_search_args_v2: the key, the size of the buffer, the buffer. No item is larger than a node, and no
// node than 64 KiB.
const bufferStart = 112;
const bufferSize = 72 * 1024;
// struct btrfs_ioctl_search_header: transid, objectid, offset, type, len.
const headerSize = 32;
const largestItem = headerSize + 64 * 1024;
const ones = 0xffffffff;

/** Looks into the trees of the btrfs filesystem that holds an open directory; into one buffer, used over and over. */
export class TreeSearch {
  readonly #descriptor: number;
  readonly #path: ByteString;
  readonly #words = new Uint32Array((bufferStart + bufferSize) / 4);
  readonly #bytes = Buffer.from(this.#words.buffer);

  constructor(descriptor: number, path: ByteString) {
    this.#descriptor = descriptor;
    this.#path = path;
  }

  /** The items of the range, in their order (BTRFS_IOC_TREE_SEARCH_V2). */
  items(range: ItemRange): TreeItem[] {
    const items: TreeItem[] = [];
    let type = range.types[0];
    let offset = range.offset ?? 0;
    for (;;) {
      this.#writeKey(range, type, offset);
      this.#request();
      const end = this.#read(items);
      const last = items.at(-1);
      // Nothing is left out as long as the largest item would have had room.
      if (last === undefined || range.offset !== undefined || bufferStart + bufferSize - end > largestItem)
        return items;
      type = last.type;
      offset = last.offset + 1;
    }
  }

  /** Shows all items of these types in the subvolume that is asked, in their order. */
  showAll(types: ReadonlySet<number>, show: (item: ShownItem) => void): void {
    const next: Key = { object: BigInt(firstObject), type: 0, offset: 0n };
    do {
      this.#writeWholeKey(next);
      this.#request();
    } while (this.#show(types, show, next));
  }

  #request(): void {
    checked(
      native().libc.ioctl(this.#descriptor, btrfsRequests.searchTree, this.#words),
      'ioctl(BTRFS_IOC_TREE_SEARCH_V2)',
      this.#path,
    );
  }

  #writeWholeKey({ object, type, offset }: Key): void {
    const words = this.#words;
    words.fill(ones, 0, bufferStart / 4);
    setLong(words, 0, trees.own);
    setLong(words, 2, object);
    setLong(words, 4, lastObject);
    setLong(words, 6, offset);
    setLong(words, 10, 0);
    words[14] = type;
    setLong(words, bufferStart / 4 - 2, bufferSize);
  }

  /** Whether there may be more: `next` is then the key that follows the last. */
  #show(types: ReadonlySet<number>, show: (item: ShownItem) => void, next: Key): boolean {
    const bytes = this.#bytes;
    let left = bytes.readUInt32LE(16 * 4);
    for (let at = bufferStart; left > 0; left--) {
      const type = bytes.readUInt32LE(at + 24);
      const length = bytes.readUInt32LE(at + 28);
      if (types.has(type)) {
        show({ type, object: longAt(bytes, at + 8), offset: longAt(bytes, at + 16), bytes, start: at + headerSize });
      }
      if (left === 1) {
        const offset = bytes.readBigUInt64LE(at + 16);
        const isLast = offset === largestOffset;
        next.object = bytes.readBigUInt64LE(at + 8);
        next.type = isLast ? type + 1 : type;
        next.offset = isLast ? 0n : offset + 1n;
        return true;
      }
      at += headerSize + length;
    }
    return false;
  }

  // struct btrfs_ioctl_search_key, in words of 32 bits.
  #writeKey({ tree, object, types, offset: only }: ItemRange, type: number, offset: number | bigint): void {
    const words = this.#words;
    setLong(words, 0, tree);
    setLong(words, 2, object);
    setLong(words, 4, object);
    setLong(words, 6, offset);
    if (only === undefined) words.fill(ones, 8, 10);
    else setLong(words, 8, only);
    // Transactions: all; then types, and how many items at most.
    words.fill(0, 10, 12).fill(ones, 12, 14);
    words[14] = type;
    words[15] = types[1];
    words[16] = ones;
    setLong(words, bufferStart / 4 - 2, bufferSize);
  }

  /** Takes over what was found; returns where in the buffer it ends. */
  #read(items: TreeItem[]): number {
    const bytes = this.#bytes;
    let at = bufferStart;
    for (let left = bytes.readUInt32LE(16 * 4); left > 0; left--) {
      const end = at + headerSize + bytes.readUInt32LE(at + 28);
      const data = Buffer.from(bytes.subarray(at + headerSize, end));
      items.push({ type: bytes.readUInt32LE(at + 24), offset: longAt(bytes, at + 16), data });
      at = end;
    }
    return at;
  }
}

function setLong(words: Uint32Array, index: number, value: number | bigint): void {
  const [low, high] =
    typeof value === 'number' ? [value % 2 ** 32, value / 2 ** 32] : [value % 2n ** 32n, value >> 32n];
  words[index] = Number(low);
  words[index + 1] = Number(high);
}

/** A 64-bit number; not exact beyond 2^53. */
export function longAt(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}
