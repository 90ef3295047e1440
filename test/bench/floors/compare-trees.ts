/**
 * The system calls that comparing two trees by attributes and contents cannot do without, and nothing else: no entry, no
 * path, no policy, nothing kept of what was seen. Run as `node compare-trees.ts BASE OURS`, prints how many names differ.
 * By the binding that the program itself uses, whose cost for every call is what this shows.
 */
import { openSync } from 'node:fs';
import { readNames } from '../../../src/system/native/directory.ts';
import { native } from '../../../src/system/native/libc.ts';
import { atFlags, openFlags, statxMask, typeBits } from '../../../src/system/native/linux.ts';
import { brieflyCString, checked } from '../../../src/system/native/place.ts';

const { libc } = native();
const chunkSize = 256 * 1024;

/** What is used over and over for one of the trees. */
class Side {
  /** struct statx of linux/stat.h. */
  readonly words = new Uint32Array(64);
  readonly buffer: Buffer = Buffer.allocUnsafeSlow(chunkSize);

  /** Whether the name is there; its status is in `words`. */
  look(directory: number, name: string): boolean {
    return libc.statx(directory, brieflyCString(name), atFlags.noFollow, statxMask, this.words) >= 0;
  }

  get type(): number {
    return this.#word(7) & typeBits.mask;
  }

  get size(): number {
    return this.#word(11) * 0x100000000 + this.#word(10);
  }

  hasAttributesOf(other: Side): boolean {
    return [5, 6, 7].every((index) => this.#word(index) === other.#word(index));
  }

  #word(index: number): number {
    return this.words[index] ?? 0;
  }
}

const [base, ours] = [new Side(), new Side()];
let differing = 0;

function compareDirectories(left: number, right: number): void {
  const inOurs = new Set(readNames(right, ''));
  for (const name of readNames(left, '')) {
    if (inOurs.delete(name)) compareNames(left, right, name);
    else differing += 1;
  }
  differing += inOurs.size;
}

function compareNames(left: number, right: number, name: string): void {
  if (!base.look(left, name) || !ours.look(right, name)) throw new Error(`${name} has gone`);
  const { type, size } = base;
  const isAlike = base.hasAttributesOf(ours);
  if (type === typeBits.directory && ours.type === type) {
    if (!isAlike) differing += 1;
    opened(left, right, name, compareDirectories);
  } else if (!isAlike || size !== ours.size || !hasSameContent(left, right, name, type, size)) {
    differing += 1;
  }
}

function hasSameContent(left: number, right: number, name: string, type: number, size: number): boolean {
  if (type === typeBits.symlink) return fill(left, right, (side, from) => readLink(side, from, name));
  if (type !== typeBits.file || size === 0) return true;
  return opened(left, right, name, (mine, its) => {
    for (let offset = 0; offset < size; offset += chunkSize) {
      if (!fill(mine, its, ({ buffer }, from) => libc.pread(from, buffer, chunkSize, offset))) return false;
    }
    return true;
  });
}

function readLink({ buffer }: Side, directory: number, name: string): number {
  return libc.readlinkat(directory, brieflyCString(name), buffer, chunkSize);
}

/** Whether both sides read the same. */
function fill(left: number, right: number, read: (side: Side, from: number) => number): boolean {
  const count = checked(read(base, left), 'read', '');
  return checked(read(ours, right), 'read', '') === count && base.buffer.compare(ours.buffer, 0, count, 0, count) === 0;
}

function opened<Result>(left: number, right: number, name: string, run: (a: number, b: number) => Result): Result {
  const [a, b] = [open(left, name), open(right, name)];
  const result = run(a, b);
  libc.close(a);
  libc.close(b);
  return result;
}

function open(directory: number, name: string): number {
  return checked(libc.openat(directory, brieflyCString(name), openFlags.read, 0), 'openat', name);
}

const [left, right] = process.argv.slice(2).map((root) => openSync(root, openFlags.root));
if (left === undefined || right === undefined) throw new Error('compare-trees.ts BASE OURS');
compareDirectories(left, right);
console.log(differing);
