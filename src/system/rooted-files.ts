import { closeSync, fchmodSync, openSync, readdirSync, statfsSync } from 'node:fs';
import type { ByteString } from '../domain/bytes.ts';
import {
  carriedFlags,
  type DeviceNumber,
  type Entry,
  type FileType,
  lockingFlags,
  type Timestamp,
} from '../domain/entry.ts';
import { SystemCallError } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files, OpenRoot, Status } from './files.ts';
import { syncFilesystemOf } from './native/filesystem.ts';
import { readFlags, writeFlags } from './native/flags.ts';
import { openFlags } from './native/linux.ts';
import * as names from './native/names.ts';
import { callError, guarded } from './native/place.ts';
import { StatusReader } from './native/status.ts';
import { dropInheritedAcl, dropInheritedAcls, removeXattr, setXattr } from './native/xattrs.ts';
import { digestOf, haveSameBytes, type OpenFile, readWhole } from './rooted/content.ts';
import { copyContent, type NewFile, writeAll } from './rooted/copy.ts';
import { readEntry } from './rooted/entry-reader.ts';
import { PathResolver } from './rooted/path-resolver.ts';

/** What says that nothing stands at a path: no such name, or a file or link where a directory would have to be. */
const nothingThere = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** What open(2) would say of what cannot be read as a file. */
const notRegular: Partial<Record<FileType, string>> = { directory: 'EISDIR', symlink: 'ELOOP' };

/** statfs(2): the type of btrfs, from linux/magic.h. */
const btrfsType = 0x9123683e;

/** Opens a directory of this machine as a root; a link as its last component is followed. */
export const openRoot: OpenRoot = (directory) => {
  const path = Buffer.from(directory, 'latin1');
  const descriptor = guarded('open', directory, () => openSync(path, openFlags.root));
  return new RootedFiles(new PathResolver(directory, descriptor));
};

class RootedFiles implements Files {
  readonly root: ByteString;
  readonly #paths: PathResolver;
  readonly #statuses = new StatusReader();

  constructor(paths: PathResolver) {
    this.root = paths.root;
    this.#paths = paths;
  }

  status(path: RootPath): Status | null {
    const found = this.#paths.find(path);
    const status = typeof found === 'string' ? found : this.#statuses.read(found.directory, found.name, found.path);
    if (typeof status !== 'string') return status;
    if (nothingThere.has(status)) return null;
    throw callError(status, 'statx', this.#paths.hostPath(path));
  }

  entry(path: RootPath): Entry | null {
    const status = this.status(path);
    if (status === null) return null;
    try {
      return readEntry(this.#paths.place(path, 'openat'), status);
    } catch (error) {
      if (error instanceof SystemCallError && this.#changed(path, status)) return this.entry(path);
      throw error;
    }
  }

  list(path: RootPath): ByteString[] {
    const descriptor = this.#paths.directory(path);
    const found = guarded('readdir', this.#paths.hostPath(path), () =>
      readdirSync(`/proc/self/fd/${descriptor}`, { encoding: 'latin1' }),
    );
    return found.sort();
  }

  read(path: RootPath): ByteString {
    return this.#reading(path, readWhole);
  }

  sameContent(path: RootPath, other: Files, otherPath: RootPath): boolean {
    const ours = this.status(path);
    const theirs = other.status(otherPath);
    if (ours !== null && theirs !== null && ours.type === 'file' && theirs.type === 'file') {
      if (ours.size !== theirs.size) return false;
      const { device, number } = ours.inode;
      if (device === theirs.inode.device && number === theirs.inode.number) return true;
    }
    const compareWith = (a: OpenFile): boolean => rooted(other).#reading(otherPath, (b) => haveSameBytes(a, b), theirs);
    return this.#reading(path, compareWith, ours);
  }

  digest(path: RootPath): string {
    return this.#reading(path, digestOf);
  }

  create(path: RootPath, content: ByteString): void {
    this.#creating(path, (file) => {
      writeAll(file, Buffer.from(content, 'latin1'), 0);
    });
  }

  copyFrom(
    path: RootPath,
    source: Files,
    sourcePath: RootPath,
    options: { flags: number; onBytes?: (bytes: number) => void },
  ): void {
    rooted(source).#reading(sourcePath, (from) => {
      this.#creating(path, (to) => {
        writeFlags(to.descriptor, options.flags & carriedFlags & ~lockingFlags, to.path);
        copyContent(from, to, options.onBytes ?? (() => undefined));
      });
    });
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
    names.rename(this.#paths.place(from, 'renameat'), this.#paths.place(to, 'renameat'));
    this.#paths.forget(from);
    this.#paths.forget(to);
  }

  unlink(path: RootPath): void {
    names.unlink(this.#paths.place(path, 'unlinkat'));
  }

  removeDirectory(path: RootPath): void {
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
    this.#paths.close();
  }

  // On a running system files go and come while they are read (case 8).
  #changed(path: RootPath, before: Status): boolean {
    const now = this.status(path);
    return now === null || now.type !== before.type || now.inode.number !== before.inode.number;
  }

  // Opening a fifo waits for a writer, opening a device does whatever its driver likes: the type is looked at first.
  #reading<Result>(path: RootPath, run: (file: OpenFile) => Result, known?: Status | null): Result {
    const at = this.#paths.place(path, 'openat');
    const status = known ?? this.#statuses.read(at.directory, at.name, at.path);
    if (typeof status === 'string') throw callError(status, 'statx', at.path);
    if (status.type !== 'file') throw callError(notRegular[status.type] ?? 'EINVAL', 'openat', at.path);
    const descriptor = names.openForReading(at);
    try {
      return run({ descriptor, size: status.size, path: at.path });
    } finally {
      closeSync(descriptor);
    }
  }

  #creating(path: RootPath, run: (file: NewFile) => void): void {
    const at = this.#paths.place(path, 'openat');
    const descriptor = names.createFile(at);
    try {
      dropInheritedAcl(descriptor, at.path);
      guarded('fchmod', at.path, () => fchmodSync(descriptor, 0o600));
      run({ descriptor, path: at.path });
    } finally {
      guarded('close', at.path, () => closeSync(descriptor));
    }
  }
}

function rooted(files: Files): RootedFiles {
  if (files instanceof RootedFiles) return files;
  throw new TypeError('Files of two kinds cannot be combined');
}
