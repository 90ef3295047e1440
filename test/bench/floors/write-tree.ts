/**
 * The system calls that unpacking an archive cannot do without, and nothing else: no header is read, nothing checked,
 * counted or refused. Run as `node write-tree.ts ARCHIVE ENTRIES TARGET`: the archive is read and digested whole, and what
 * `ENTRIES` tells of (`rows/unpack.ts` writes it) is made in the empty TARGET, with as many bytes of the archive for each
 * file as it has. By the binding that the program itself uses.
 */
import { createHash } from 'node:crypto';
import { openSync, readFileSync, readSync } from 'node:fs';
import type { Timestamp } from '../../../src/domain/entry.ts';
import { nameOf, parentOf } from '../../../src/domain/path.ts';
import { native } from '../../../src/system/native/libc.ts';
import { openFlags } from '../../../src/system/native/linux.ts';
import * as names from '../../../src/system/native/names.ts';
import { brieflyCString, checked, type Place } from '../../../src/system/native/place.ts';

type Attributes = { readonly mode: number; readonly uid: number; readonly gid: number; readonly mtime: Timestamp };

const { libc } = native();
const pieceSize = 256 * 1024;

/** Type, path, where a link leads, and six numbers. */
const fieldsOfEntry = 9;

/** Bytes of the archive in their order, digested as they are read. */
class Archive {
  readonly #descriptor: number;
  readonly #digest = createHash('sha256');
  #piece: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.#descriptor = openSync(path, openFlags.read);
  }

  /** At most so many; none at the end. */
  take(most: number): Buffer {
    if (this.#piece.length === 0) {
      const piece = Buffer.allocUnsafe(pieceSize);
      this.#piece = piece.subarray(0, readSync(this.#descriptor, piece, 0, pieceSize, null));
      this.#digest.update(this.#piece);
    }
    const taken = this.#piece.subarray(0, most);
    this.#piece = this.#piece.subarray(taken.length);
    return taken;
  }

  digestOfAll(): string {
    while (this.take(pieceSize).length > 0);
    return this.#digest.digest('hex');
  }
}

const [archivePath = '', entriesPath = '', target = ''] = process.argv.slice(2);
const archive = new Archive(archivePath);
const root = openSync(target, openFlags.root);
let latest: { readonly path: string; readonly descriptor: number } = { path: '/', descriptor: root };

/** The directory above, opened where another one was used last. */
function placeOf(path: string): Place {
  const parent = parentOf(path);
  if (parent !== latest.path) {
    if (latest.descriptor !== root) libc.close(latest.descriptor);
    latest = { path: parent, descriptor: parent === '/' ? root : openDirectory(parent) };
  }
  return { directory: latest.descriptor, name: nameOf(path), path };
}

function openDirectory(path: string): number {
  return checked(libc.openat(root, brieflyCString(path.slice(1)), openFlags.directory, 0), 'openat', path);
}

function writeFile(at: Place, size: number, { mode, uid, gid, mtime }: Attributes): void {
  const file = names.createFile(at);
  for (let written = 0; written < size; ) {
    const bytes = archive.take(size - written);
    written += checked(libc.pwrite(file, bytes, bytes.length, written), 'pwrite', at.path);
  }
  checked(libc.fchown(file, uid, gid), 'fchown', at.path);
  checked(libc.fchmod(file, mode), 'fchmod', at.path);
  checked(libc.futimens(file, names.onlyModified(mtime)), 'futimens', at.path);
  libc.close(file);
}

function setByName(at: Place, { uid, gid, mtime }: Attributes): void {
  names.setOwner(at, uid, gid);
  names.setModified(at, mtime);
}

const directories: { readonly path: string; readonly attributes: Attributes }[] = [];

function make(type: string, path: string, link: string, size: number, attributes: Attributes): void {
  const at = placeOf(path);
  if (type === 'file') writeFile(at, size, attributes);
  else if (type === 'link') names.link(placeOfOther(link), at);
  else if (type === 'symlink') {
    names.makeSymlink(at, link);
    setByName(at, attributes);
  } else if (type === 'directory') {
    names.makeDirectory(at);
    directories.push({ path, attributes });
  } else throw new Error(`${path} is a ${type}`);
}

/** Names the kernel looks up by itself, from the root on: that takes it no longer than a directory held open. */
function placeOfOther(path: string): Place {
  return { directory: root, name: path.slice(1), path };
}

const fields = readFileSync(entriesPath, 'latin1').split('\0');
for (let start = 0; start + fieldsOfEntry <= fields.length; start += fieldsOfEntry) {
  const [type = '', path = '', link = '', ...numbers] = fields.slice(start, start + fieldsOfEntry);
  const [size = 0, mode = 0, uid = 0, gid = 0, seconds = 0, nanoseconds = 0] = numbers.map(Number);
  make(type, path, link, size, { mode, uid, gid, mtime: { seconds, nanoseconds } });
}
for (const { path, attributes } of directories) {
  const at = placeOf(path);
  names.setMode(at, attributes.mode);
  setByName(at, attributes);
}
console.log(archive.digestOfAll());
