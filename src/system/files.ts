import type { ByteString } from '../domain/bytes.ts';
import type { DeviceNumber, Entry, Timestamp } from '../domain/entry.ts';
import type { RootPath } from '../domain/path.ts';
import type { DigestAlgorithm } from '../domain/shipped.ts';

/** What one statx tells: an entry without its extended attributes, flags and target. */
export type Status = Omit<Entry, 'xattrs' | 'flags' | 'target' | 'device'> & {
  readonly device: DeviceNumber | null;
  /** STATX_MNT_ID: differs from the parent's where something is mounted. */
  readonly mountId: number;
};

/** What a name in a directory stands for. */
export type NamedInode = { readonly name: ByteString; readonly inode: number; readonly isDirectory: boolean };

/**
 * What a new regular file gets while it is still open, besides its content. No other attribute stays, but for the SELinux
 * label; what the filesystem does not support is left out, and so are the flags that lock.
 */
export type FileAttributes = Pick<Entry, 'mode' | 'uid' | 'gid' | 'xattrs' | 'flags' | 'mtime'>;

/** A new regular file that is filled piece by piece. Has to be closed, whatever happens. */
export type FileInMaking = {
  /** Writes all of the bytes at the offset. */
  readonly write: (bytes: Uint8Array, offset: number) => void;
  /** Cuts or lengthens it to this size; what was never written is a hole. */
  readonly setSize: (size: number) => void;
  /** Sets these; after the content, which changes the time. By its name each would take the kernel several times as long. */
  readonly setAttributes: (attributes: Pick<FileAttributes, 'uid' | 'gid' | 'mode' | 'mtime'>) => void;
  readonly close: () => void;
};

/** Compares contents on a second thread, while the caller looks at something else. */
export type ContentComparer = {
  /**
   * Takes on the regular files at the path in both roots, of one size, as `entry` has just seen them. False where it does
   * not, for whatever reason: then the caller compares them.
   */
  readonly take: (path: RootPath) => boolean;
  /**
   * Waits for everything that was taken; `onAnswer` hears that it goes on. Gives the paths of what was not found to be the
   * same, in no order: these differ, or cannot be read, or are others by now.
   */
  readonly finish: (onAnswer: () => void) => readonly RootPath[];
};

/**
 * The files below one root directory. Paths are absolute inside the root and bytes; no component but the last may be a
 * symbolic link, and the last is never followed: a link on the way fails with ELOOP (O_NOFOLLOW on every component), so
 * nothing is read or written outside the root (case 17). Every call is synchronous and throws SystemCallError.
 */
export interface Files {
  /** Where the root lies on this machine; for messages, commands and chroot. */
  readonly root: ByteString;
  /** Where directories from elsewhere stand for what the root has there (`RootOptions.parts`); not where nothing does. */
  readonly parts: readonly RootPath[];

  /** What stands at the path, or null where nothing does (ENOENT, ENOTDIR, or a link on the way). */
  status(path: RootPath): Status | null;
  /** The same as `entry` has just read it, where that was of this path: what else there is to know of it need not be asked. */
  statusSeen(path: RootPath): Status | null;
  /** Status, extended attributes, flags and target in one; null where nothing is there. */
  entry(path: RootPath): Entry | null;
  /** Names in the directory, sorted by their bytes, without `.` and `..`. */
  list(path: RootPath): ByteString[];
  /** The same with what each stands for; where something is mounted, the directory below that. Reads no inode but this. */
  listInodes(path: RootPath): NamedInode[];

  /** The whole content of a regular file. */
  read(path: RootPath): ByteString;
  /** Whether two regular files hold the same bytes. Holes read as zeros; stops at the first difference. */
  sameContent(path: RootPath, other: Files, otherPath: RootPath): boolean;
  /** What compares many files with those at the same paths of another root; null where only `sameContent` does. */
  contentComparer(other: Files): ContentComparer | null;
  /** Digest of a regular file's content, SHA-256 where nothing else is asked for; lower-case hexadecimal. */
  digest(path: RootPath, algorithm?: DigestAlgorithm): string;

  /** Creates a regular file (O_EXCL) with this content; of mode 0600 where no attributes are given. */
  create(path: RootPath, content: ByteString, attributes?: FileAttributes): void;
  /** The same, without content yet. */
  createInPieces(path: RootPath): FileInMaking;
  /**
   * Creates a regular file (O_EXCL, mode 0600) with the content of a file of another root: shared extents where the
   * filesystem can (FICLONE), else copied with its holes kept. `flags` are set on the empty file, before any content
   * (no-copy-on-write cannot be set later), except the locking ones. Where `attributes` are given they are set, and
   * their flags. `onBytes` hears of bytes copied. Returns whether what was copied still stands at its path, by size and
   * time, or nothing does.
   */
  copyFrom(
    path: RootPath,
    source: Files,
    sourcePath: RootPath,
    options: { onBytes?: (bytes: number) => void } & ({ flags: number } | { attributes: FileAttributes }),
  ): boolean;
  /**
   * Whether a new file in the filesystem of this root would share the extents of that regular file, as `copyFrom` has it
   * where it can. It is tried with a file that has no name; false where there can be none, as on a full disk. Null where
   * others of its filesystem may all the same: it is a swap file, or its flags of btrfs are others.
   */
  canShare(source: Files, sourcePath: RootPath): boolean | null;
  /** Creates a directory of mode 0700. */
  makeDirectory(path: RootPath): void;
  makeSymlink(path: RootPath, target: ByteString): void;
  /** Creates a fifo, socket-less device node of mode 0600. */
  makeNode(path: RootPath, type: 'fifo' | 'character' | 'block', device: DeviceNumber | null): void;
  /** Makes `path` another name of the file at `existing`. */
  link(path: RootPath, existing: RootPath): void;
  /** rename(2): replaces what is at `to`; on the same filesystem. */
  rename(from: RootPath, to: RootPath): void;
  /** renameat2(RENAME_EXCHANGE): each gets the other's name, at once; on the same filesystem. */
  exchange(a: RootPath, b: RootPath): void;
  unlink(path: RootPath): void;
  removeDirectory(path: RootPath): void;

  /** lchown. Clears setuid, setgid and capabilities, so mode and attributes come after it (case 34). */
  setOwner(path: RootPath, uid: number, gid: number): void;
  /** chmod of everything but a symbolic link. */
  setMode(path: RootPath, mode: number): void;
  setXattr(path: RootPath, name: ByteString, value: ByteString): void;
  removeXattr(path: RootPath, name: ByteString): void;
  /** Sets the flags of `carriedFlags` to exactly these; the filesystem's own stay. */
  setFlags(path: RootPath, flags: number): void;
  /**
   * Runs a change with these flags taken off the file at the path, and sets them again on the file afterwards, under
   * whatever names it has left.
   */
  withoutFlags(path: RootPath, flags: number, change: () => void): void;
  /** Sets the modification time to the nanosecond, of a link itself too; the access time stays. */
  setModified(path: RootPath, mtime: Timestamp): void;

  /** The names of the extended attributes, of those too that `entry` leaves out as a filesystem's own. */
  xattrNames(path: RootPath): ByteString[];
  /** One extended attribute, of those too; null where there is none. */
  xattr(path: RootPath, name: ByteString): ByteString | null;
  /** fsync of a regular file, or of a directory, and so of the names in it. */
  sync(path: RootPath): void;
  /** Writes behind the first `offset` bytes of a regular file, in place of what stands there; durable when it returns. */
  appendDurably(path: RootPath, offset: number, content: ByteString): void;
  /**
   * Writes over the bytes of a regular file that is exactly as long, in the blocks that it has, so that a boot loader that
   * knows these blocks finds the new bytes; durable when it returns. SystemCallError EFBIG where the lengths differ.
   */
  overwriteDurably(path: RootPath, content: ByteString): void;
  /** The content of a regular file as the disk has it: what the kernel has of it in memory, all of it written, is dropped first. */
  readFromDisk(path: RootPath): ByteString;
  /** Writes a regular file out and forgets what the kernel has of it in memory: what is read next comes from the disk. */
  dropFromMemory(path: RootPath): void;
  /**
   * flock(2): takes the lock of a regular file, which is made where it is missing, waiting for it up to `seconds`. Gives
   * what lets go of it, or null where another process still has it. Ends with the process at the latest.
   */
  lock(path: RootPath, seconds: number): (() => void) | null;
  /** syncfs of the filesystem that holds the root. */
  syncFilesystem(): void;
  /** Free bytes and inodes of that filesystem for root; inodes is null where the filesystem has no fixed number (btrfs). */
  space(): { readonly bytes: number; readonly inodes: number | null };
  /** Lets go of the open directories; the object is not used afterwards. */
  close(): void;
}

/** How a root is read. */
export type RootOptions = {
  /** Entries come as if nothing had extended attributes, ACLs and capabilities included: only for comparing roughly. */
  readonly withoutXattrs?: boolean;
  /** Read as if they were mounted there; nothing is written to them. The root itself has a directory at each place. */
  readonly parts?: readonly TreePart[];
};

/** A directory of this machine that belongs to a tree at a place in it, as a volume does; null where nothing is to be seen. */
export type TreePart = { readonly at: RootPath; readonly directory: ByteString | null };

/** Opens a directory of this machine as a root. Throws SystemCallError ENOENT or ENOTDIR. */
export type OpenRoot = (directory: ByteString, options?: RootOptions) => Files;
