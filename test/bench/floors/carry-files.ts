/**
 * The system calls that carrying new files cannot do without, and nothing else: no policy, no decision, no record, no
 * message. Run as `node carry-files.ts OURS THEIRS`, THEIRS being empty and OURS nothing but files and directories:
 * everything is looked at, copied beside, synced, moved to its place, compared with what it was copied from, and synced.
 * By the binding that the program itself uses.
 */
import { openSync } from 'node:fs';
import type { Status } from '../../../src/system/files.ts';
import { readNames } from '../../../src/system/native/directory.ts';
import { syncFilesystemOf } from '../../../src/system/native/filesystem.ts';
import { native } from '../../../src/system/native/libc.ts';
import { ioctlRequests, openFlags } from '../../../src/system/native/linux.ts';
import * as names from '../../../src/system/native/names.ts';
import { brieflyCString, checked, type Place } from '../../../src/system/native/place.ts';
import { cloneWhole } from '../../../src/system/native/ranges.ts';
import { StatusReader } from '../../../src/system/native/status.ts';
import { haveSameBytes, type OpenFile } from '../../../src/system/rooted/content.ts';

/** What was looked at; `inside` is null for a file. */
type Node = Pick<Status, 'mode' | 'size' | 'mtime'> & {
  readonly name: string;
  readonly inside: readonly Node[] | null;
};

const { libc } = native();
const statuses = new StatusReader();
const word = new Uint32Array(1);
const buffer = Buffer.allocUnsafeSlow(256 * 1024);
let sharing = true;

function place(directory: number, name: string): Place {
  return { directory, name, path: name };
}

/** Open directories of ours and of theirs. */
type Sides = { readonly from: number; readonly to: number };

/** Opens a directory of both sides, hands them on and closes them. */
function within({ from, to }: Sides, name: string, run: (sides: Sides) => void): void {
  const below = { from: openDirectory(from, name), to: openDirectory(to, name) };
  run(below);
  libc.close(below.to);
  libc.close(below.from);
}

function openDirectory(directory: number, name: string): number {
  return checked(libc.openat(directory, brieflyCString(name), openFlags.directory, 0), 'openat', name);
}

/** Attributes and flags are told by nothing but an open file, and nothing is opened before its type is known. */
function look(directory: number, name: string, run: (opened: number, status: Status) => Node): Node {
  const status = statuses.read(directory, name, name);
  if (typeof status === 'string') throw new Error(`statx ${name}: ${status}`);
  const opened = names.openForReading(place(directory, name));
  checked(libc.flistxattr(opened, buffer, 512), 'flistxattr', name);
  libc.ioctl(opened, ioctlRequests.getFlags, word);
  const node = run(opened, status);
  libc.close(opened);
  return node;
}

function compare(directory: number, name: string): Node {
  return look(directory, name, (opened, { type, mode, size, mtime }) => {
    const inside = type === 'file' ? null : readNames(opened, name).map((inner) => compare(opened, inner));
    return { name, mode, size, mtime, inside };
  });
}

function prepare({ from, to }: Sides, { name, mode, size, mtime, inside }: Node): void {
  if (inside !== null) {
    names.makeDirectory(place(to, name));
    within({ from, to }, name, (below) => {
      for (const node of inside) prepare(below, node);
    });
    names.setMode(place(to, name), mode);
    names.setModified(place(to, name), mtime);
    return;
  }
  const source = names.openForReading(place(from, name));
  const target = names.createFile(place(to, name));
  sharing &&= cloneWhole(source, target, name) === 'shared';
  for (let offset = 0; !sharing && offset < size; offset += buffer.length) {
    const count = checked(libc.pread(source, buffer, Math.min(buffer.length, size - offset), offset), 'pread', name);
    checked(libc.pwrite(target, buffer, count, offset), 'pwrite', name);
  }
  checked(libc.fchmod(target, mode), 'fchmod', name);
  checked(libc.futimens(target, names.onlyModified(mtime)), 'futimens', name);
  libc.close(target);
  libc.close(source);
}

function verify({ from, to }: Sides, node: Node): void {
  const { name, inside, size } = node;
  if (inside !== null) {
    within({ from, to }, name, (below) => {
      for (const inner of inside) verify(below, inner);
    });
    return;
  }
  look(to, name, (target, status) => {
    const source = names.openForReading(place(from, name));
    const [mine, its] = [source, target].map((descriptor) => ({ descriptor, size, path: name })) as [
      OpenFile,
      OpenFile,
    ];
    const isSame = status.size === size && status.mode === node.mode && haveSameBytes(mine, its);
    libc.close(source);
    if (!isSame) throw new Error(`${name} is not what it was`);
    return node;
  });
}

const staged = 'staged';
const [ours = '', theirs = ''] = process.argv.slice(2);
const [from, to] = [openSync(ours, openFlags.root), openSync(theirs, openFlags.root)];
const nodes = readNames(from, ours).map((name) => compare(from, name));
names.makeDirectory(place(to, staged));
const beside = openDirectory(to, staged);
for (const node of nodes) prepare({ from, to: beside }, node);
syncFilesystemOf(to, theirs);
for (const { name } of nodes) names.rename(place(beside, name), place(to, name));
names.removeDirectory(place(to, staged));
for (const node of nodes) verify({ from, to }, node);
syncFilesystemOf(to, theirs);
