import { closeSync, fchmodSync, fstatSync, fsyncSync, ftruncateSync, openSync, statfsSync } from 'node:fs';
import type { ByteString } from '../domain/bytes.ts';
import {
  carriedFlags,
  type DeviceNumber,
  type Entry,
  type FileType,
  lockingFlags,
  sameTimestamp,
  type Timestamp,
} from '../domain/entry.ts';
import { SystemCallError } from '../domain/failure.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { DigestAlgorithm } from '../domain/shipped.ts';
import type { ContentComparer, FileAttributes, FileInMaking, Files, NamedInode, OpenRoot, Status } from './files.ts';
import { readNameRecords, readNames } from './native/directory.ts';
import { dropFromMemory, syncFilesystemOf } from './native/filesystem.ts';
import { readFlags, writeFlags } from './native/flags.ts';
import { native } from './native/libc.ts';
import { btrfsType, openFlags } from './native/linux.ts';
import { takeLock } from './native/lock.ts';
import * as names from './native/names.ts';
import { callError, guarded, type Place } from './native/place.ts';
import { StatusReader } from './native/status.ts';
import { dropInheritedAcl, dropInheritedAcls, readXattr, removeXattr, setXattr, xattrNames } from './native/xattrs.ts';
import { digestOf, haveSameBytes, type OpenFile, readWhole } from './rooted/content.ts';
import { contentComparer } from './rooted/content-comparer.ts';
import { ContentCopier, canShare, type NewFile, writeAll } from './rooted/copy.ts';
import { entryOfOpened, entryOfPlace } from './rooted/entry-reader.ts';
import { HeldFile } from './rooted/held-file.ts';
import { finishNewFile, readyForContent, setBasicAttributes } from './rooted/new-file.ts';
import { PathResolver } from './rooted/path-resolver.ts';

/** What says that nothing stands at a path: no such name, or a file or link where a directory would have to be. */
const nothingThere = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** What open(2) would say of what cannot be read as a file. */
const notRegular: Partial<Record<FileType, string>> = { directory: 'EISDIR', symlink: 'ELOOP' };

/** Opens a directory of this machine as a root; a link as its last component is followed. */
export const openRoot: OpenRoot = (directory, { withoutXattrs = false, parts = [] } = {}) => {
  const descriptor = openDirectory(directory);
  const opened = new Map<RootPath, number | null>();
  try {
    for (const part of parts) opened.set(part.at, part.directory === null ? null : openDirectory(part.directory));
  } catch (error) {
    for (const each of [descriptor, ...opened.values()]) if (each !== null) closeSync(each);
    throw error;
  }
  return new RootedFiles(new PathResolver(directory, descriptor, opened), withoutXattrs);
};

function openDirectory(directory: ByteString): number {
  return guarded('open', directory, () => openSync(Buffer.from(directory, 'latin1'), openFlags.root));
}

class RootedFiles implements Files {
  readonly root: ByteString;
  readonly parts: readonly RootPath[];
  readonly #paths: PathResolver;
  readonly #statuses = new StatusReader();
  readonly #held = new HeldFile();
  readonly #copier = new ContentCopier();
  readonly #withoutXattrs: boolean;

  /** Takes over the paths. */
  constructor(paths: PathResolver, withoutXattrs: boolean) {
    this.root = paths.root;
    this.parts = paths.parts;
    this.#paths = paths;
    this.#withoutXattrs = withoutXattrs;
  }

  status(path: RootPath): Status | null {
    return this.#statusAt(this.#paths.find(path), path);
  }

  statusSeen(path: RootPath): Status | null {
    return this.#held.of(path)?.status ?? this.status(path);
  }

  entry(path: RootPath): Entry | null {
    this.#adoptParent(path);
    this.#held.release();
    const at = this.#paths.find(path);
    const status = this.#statusAt(at, path);
    if (typeof at === 'string' || status === null) return null;
    try {
      if (status.type !== 'file' && status.type !== 'directory') return entryOfPlace(at, status, this.#withoutXattrs);
      const descriptor = names.openForReading(at);
      const { size, allocated } = status;
      this.#held.hold({ at: path, status, file: { descriptor, size, allocated, path: at.path } });
      return entryOfOpened(descriptor, at.path, status, this.#withoutXattrs);
    } catch (error) {
      if (error instanceof SystemCallError && this.#changed(path, status)) return this.entry(path);
      throw error;
    }
  }

  list(path: RootPath): ByteString[] {
    return this.#listing(path, readNames).sort();
  }

  listInodes(path: RootPath): NamedInode[] {
    const found = this.#listing(path, readNameRecords).sort((a, b) => (a.name < b.name ? -1 : 1));
    return found.map(({ isDirectory, ...one }) => ({
      ...one,
      isDirectory: isDirectory ?? this.status(childOf(path, one.name))?.type === 'directory',
    }));
  }

  #listing<Found>(path: RootPath, read: (descriptor: number, path: ByteString) => Found[]): Found[] {
    if (this.#paths.isEmptied(path)) return [];
    const descriptor = this.#held.take(path)?.file.descriptor ?? this.#openDirectory(path);
    let isAdopted = false;
    try {
      const found = read(descriptor, this.#paths.hostPath(path));
      isAdopted = path !== '/' && found.length > 0;
      if (isAdopted) this.#paths.adopt(path, descriptor);
      return found;
    } finally {
      if (!isAdopted) closeSync(descriptor);
    }
  }

  read(path: RootPath): ByteString {
    return this.#reading(path, readWhole);
  }

  sameContent(path: RootPath, other: Files, otherPath: RootPath): boolean {
    const that = rooted(other);
    return this.#heldIsSame(path, that, otherPath) || this.#isSame(path, that, otherPath);
  }

  contentComparer(other: Files): ContentComparer | null {
    return other instanceof RootedFiles ? contentComparer(this.#held, other.#held) : null;
  }

  digest(path: RootPath, algorithm: DigestAlgorithm = 'sha256'): string {
    return this.#reading(path, (file) => digestOf(file, algorithm));
  }

  create(path: RootPath, content: ByteString, attributes?: FileAttributes): void {
    this.#creating(path, attributes, (file) => {
      writeAll(file, Buffer.from(content, 'latin1'), 0);
    });
  }

  createInPieces(path: RootPath): FileInMaking {
    const file = this.#createEmpty(path);
    return {
      write: (bytes, offset) => writeAll(file, bytes, offset),
      setSize: (size) => guarded('ftruncate', file.path, () => ftruncateSync(file.descriptor, size)),
      setAttributes: (attributes) => setBasicAttributes(file, attributes),
      close: () => guarded('close', file.path, () => closeSync(file.descriptor)),
    };
  }

  copyFrom(
    path: RootPath,
    source: Files,
    sourcePath: RootPath,
    options: { onBytes?: (bytes: number) => void } & ({ flags: number } | { attributes: FileAttributes }),
  ): boolean {
    const attributes = 'attributes' in options ? options.attributes : undefined;
    const that = rooted(source);
    return that.#reading(sourcePath, (from, before) => {
      const { allocated } = that.#statuses;
      this.#creating(path, attributes, (to, { inode }) => {
        if ('flags' in options) writeFlags(to.descriptor, options.flags & carriedFlags & ~lockingFlags, to.path);
        const devices = `${before.inode.device} ${inode.device}`;
        this.#copier.copy({ ...from, allocated }, to, devices, options.onBytes ?? (() => undefined));
      });
      const after = that.status(sourcePath);
      if (after === null) return true;
      return after.type === 'file' && after.size === before.size && sameTimestamp(after.mtime, before.mtime);
    });
  }

  canShare(source: Files, sourcePath: RootPath): boolean | null {
    return rooted(source).#reading(sourcePath, (from) => canShare(from, this.#paths.descriptor, this.root));
  }

  makeDirectory(path: RootPath): void {
    const at = this.#paths.place(path, 'mkdirat');
    names.makeDirectory(at);
    dropInheritedAcls(at);
    // The umask took bits away, or a parent with setgid added one.
    names.setMode(at, 0o700);
  }

  makeSymlink(path: RootPath, target: ByteString): void {
    names.makeSymlink(this.#paths.place(path, 'symlinkat'), target);
  }

  makeNode(path: RootPath, type: 'fifo' | 'character' | 'block', device: DeviceNumber | null): void {
    const at = this.#paths.place(path, 'mknodat');
    names.makeNode(at, type, device);
    dropInheritedAcls(at);
    names.setMode(at, 0o600);
  }

  link(path: RootPath, existing: RootPath): void {
    names.link(this.#paths.place(existing, 'linkat'), this.#paths.place(path, 'linkat'));
  }

  rename(from: RootPath, to: RootPath): void {
    this.#held.release();
    names.rename(this.#paths.place(from, 'renameat'), this.#paths.place(to, 'renameat'));
    this.#paths.forget(from);
    this.#paths.forget(to);
  }

  exchange(a: RootPath, b: RootPath): void {
    this.#held.release();
    names.exchange(this.#paths.place(a, 'renameat2'), this.#paths.place(b, 'renameat2'));
    this.#paths.forget(a);
    this.#paths.forget(b);
  }

  unlink(path: RootPath): void {
    this.#held.release();
    names.unlink(this.#paths.place(path, 'unlinkat'));
  }

  removeDirectory(path: RootPath): void {
    this.#held.release();
    names.removeDirectory(this.#paths.place(path, 'unlinkat'));
    this.#paths.forget(path);
  }

  setOwner(path: RootPath, uid: number, gid: number): void {
    names.setOwner(this.#paths.place(path, 'fchownat'), uid, gid);
  }

  setMode(path: RootPath, mode: number): void {
    names.setMode(this.#paths.place(path, 'fchmodat'), mode);
  }

  setXattr(path: RootPath, name: ByteString, value: ByteString): void {
    setXattr(this.#paths.place(path, 'setxattr'), name, value);
  }

  removeXattr(path: RootPath, name: ByteString): void {
    removeXattr(this.#paths.place(path, 'removexattr'), name);
  }

  withoutFlags(path: RootPath, flags: number, change: () => void): void {
    const at = this.#paths.place(path, 'openat');
    const descriptor = names.openForReading(at);
    try {
      const before = readFlags(descriptor, at.path) ?? 0;
      writeFlags(descriptor, before & ~flags, at.path);
      change();
      writeFlags(descriptor, before, at.path);
    } finally {
      closeSync(descriptor);
    }
  }

  setFlags(path: RootPath, flags: number): void {
    const at = this.#paths.place(path, 'openat');
    const type = this.status(path)?.type;
    // Opening anything else could wake a driver or wait for a writer.
    if (type !== 'file' && type !== 'directory') throw callError('EOPNOTSUPP', 'ioctl(FS_IOC_SETFLAGS)', at.path);
    const descriptor = names.openForReading(at);
    try {
      writeFlags(descriptor, flags, at.path);
    } finally {
      closeSync(descriptor);
    }
  }

  setModified(path: RootPath, mtime: Timestamp): void {
    names.setModified(this.#paths.place(path, 'utimensat'), mtime);
  }

  xattrNames(path: RootPath): ByteString[] {
    return xattrNames(this.#paths.place(path, 'listxattr'));
  }

  xattr(path: RootPath, name: ByteString): ByteString | null {
    return readXattr(this.#paths.place(path, 'getxattr'), name);
  }

  sync(path: RootPath): void {
    const at = this.#paths.place(path, 'openat');
    const descriptor = names.openForReading(at);
    try {
      guarded('fsync', at.path, () => fsyncSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  appendDurably(path: RootPath, offset: number, content: ByteString): void {
    const at = this.#paths.place(path, 'openat');
    const descriptor = names.openForWriting(at);
    try {
      guarded('ftruncate', at.path, () => ftruncateSync(descriptor, offset));
      writeAll({ descriptor, path: at.path }, Buffer.from(content, 'latin1'), offset);
      guarded('fsync', at.path, () => fsyncSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  overwriteDurably(path: RootPath, content: ByteString): void {
    const at = this.#paths.place(path, 'openat');
    const descriptor = names.openForWriting(at);
    try {
      const { size } = guarded('fstat', at.path, () => fstatSync(descriptor));
      if (size !== content.length) throw callError('EFBIG', 'write', at.path);
      writeAll({ descriptor, path: at.path }, Buffer.from(content, 'latin1'), 0);
      guarded('fsync', at.path, () => fsyncSync(descriptor));
    } finally {
      closeSync(descriptor);
    }
  }

  readFromDisk(path: RootPath): ByteString {
    this.dropFromMemory(path);
    return this.#reading(path, readWhole);
  }

  dropFromMemory(path: RootPath): void {
    this.#reading(path, (file) => {
      guarded('fsync', file.path, () => fsyncSync(file.descriptor));
      dropFromMemory(file.descriptor, file.path);
    });
  }

  lock(path: RootPath, seconds: number): (() => void) | null {
    const at = this.#paths.place(path, 'openat');
    const descriptor = names.openForLock(at);
    if (takeLock(descriptor, seconds, at.path)) return () => closeSync(descriptor);
    closeSync(descriptor);
    return null;
  }

  syncFilesystem(): void {
    syncFilesystemOf(this.#paths.descriptor, this.root);
  }

  space(): { readonly bytes: number; readonly inodes: number | null } {
    const info = guarded('statfs', this.root, () => statfsSync(`/proc/self/fd/${this.#paths.descriptor}`));
    // Root may use the blocks that ext4 reserves (bfree); on btrfs only bavail knows how much is really left.
    const blocks = info.type === btrfsType ? info.bavail : info.bfree;
    return { bytes: blocks * info.bsize, inodes: info.files === 0 ? null : info.ffree };
  }

  close(): void {
    this.#held.release();
    this.#paths.close();
  }

  #statusAt(at: Place | string, path: RootPath): Status | null {
    const status = typeof at === 'string' ? at : this.#statuses.read(at.directory, at.name, at.path);
    if (typeof status !== 'string') return status;
    if (nothingThere.has(status)) return null;
    throw callError(status, 'statx', this.#paths.hostPath(path));
  }

  /** A walk that goes into the directory it has just looked at need not open it again. */
  #adoptParent(path: RootPath): void {
    const held = this.#held.takeParentOf(path);
    if (held === null) return;
    // What is in it is not to be seen.
    if (this.#paths.isEmptied(held.at)) native().libc.close(held.file.descriptor);
    else this.#paths.adopt(held.at, held.file.descriptor);
  }

  #openDirectory(path: RootPath): number {
    const directory = this.#paths.directory(path);
    return names.openForReading({ directory, name: '.', path: this.#paths.hostPath(path) });
  }

  // On a running system files go and come while they are read (case 8).
  #changed(path: RootPath, before: Status): boolean {
    const now = this.status(path);
    return now === null || now.type !== before.type || now.inode.number !== before.inode.number;
  }

  /** False says nothing: on a live tree what differs is looked at by its name again, for it may be another now (case 8). */
  #heldIsSame(path: RootPath, other: RootedFiles, otherPath: RootPath): boolean {
    const ours = this.#held.of(path);
    if (ours?.status.type !== 'file') return false;
    const theirs = other.#held.of(otherPath);
    if (theirs !== null) {
      return (
        theirs.status.type === 'file' && theirs.file.size === ours.file.size && haveSameBytes(ours.file, theirs.file)
      );
    }
    const status = other.status(otherPath);
    if (status?.type !== 'file' || status.size !== ours.file.size) return false;
    return other.#reading(otherPath, (file) => haveSameBytes(ours.file, file), status);
  }

  #isSame(path: RootPath, other: RootedFiles, otherPath: RootPath): boolean {
    const ours = this.status(path);
    const theirs = other.status(otherPath);
    if (ours !== null && theirs !== null && ours.type === 'file' && theirs.type === 'file') {
      if (ours.size !== theirs.size) return false;
      const { device, number } = ours.inode;
      if (device === theirs.inode.device && number === theirs.inode.number) return true;
    }
    const compareWith = (a: OpenFile): boolean => other.#reading(otherPath, (b) => haveSameBytes(a, b), theirs);
    return this.#reading(path, compareWith, ours);
  }

  // Opening a fifo waits for a writer, opening a device does whatever its driver likes: the type is looked at first.
  #reading<Result>(path: RootPath, run: (file: OpenFile, status: Status) => Result, known?: Status | null): Result {
    const at = this.#paths.place(path, 'openat');
    const status = known ?? this.#statuses.read(at.directory, at.name, at.path);
    if (typeof status === 'string') throw callError(status, 'statx', at.path);
    if (status.type !== 'file') throw callError(notRegular[status.type] ?? 'EINVAL', 'openat', at.path);
    const descriptor = names.openForReading(at);
    try {
      return run({ descriptor, size: status.size, allocated: status.allocated, path: at.path }, status);
    } finally {
      closeSync(descriptor);
    }
  }

  #creating(
    path: RootPath,
    attributes: FileAttributes | undefined,
    fill: (file: NewFile, status: Status) => void,
  ): void {
    const file = attributes === undefined ? this.#createEmpty(path) : this.#createNew(path);
    try {
      const status = this.#statuses.readOpened(file.descriptor, file.path);
      if (attributes !== undefined) readyForContent(file, attributes);
      fill(file, status);
      if (attributes !== undefined) finishNewFile(file, attributes, status);
    } finally {
      guarded('close', file.path, () => closeSync(file.descriptor));
    }
  }

  #createNew(path: RootPath): NewFile {
    const at = this.#paths.place(path, 'openat');
    return { descriptor: names.createFile(at), path: at.path };
  }

  #createEmpty(path: RootPath): NewFile {
    const file = this.#createNew(path);
    try {
      dropInheritedAcl(file.descriptor, file.path);
      guarded('fchmod', file.path, () => fchmodSync(file.descriptor, 0o600));
      return file;
    } catch (error) {
      closeSync(file.descriptor);
      throw error;
    }
  }
}

function rooted(files: Files): RootedFiles {
  if (files instanceof RootedFiles) return files;
  throw new TypeError('Files of two kinds cannot be combined');
}
