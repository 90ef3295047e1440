import type { ByteString } from './bytes.ts';

/** What stands at a path. A `whiteout` is overlayfs's character device 0:0, which means "deleted". */
export type FileType = 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'character' | 'block' | 'whiteout';

/** An extended attribute. Values are bytes and may hold NUL (case 37). */
export type Xattr = { readonly name: ByteString; readonly value: ByteString };

/** Major and minor number of a device node. */
export type DeviceNumber = { readonly major: number; readonly minor: number };

/** Seconds since the epoch and nanoseconds (0 to 999,999,999). */
export type Timestamp = { readonly seconds: number; readonly nanoseconds: number };

/** Whether two times are the same to the nanosecond. */
export function sameTimestamp(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}

/** Which inode a path names: paths with the same device and number are hard links of one file. */
export type Inode = { readonly device: number; readonly number: number; readonly links: number };

/** Everything about a path but the content of a regular file. */
export type Entry = {
  readonly type: FileType;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of a regular file, -1 in a base of which the content is lost (case 66); 0 for everything else. */
  readonly size: number;
  /** Bytes that a large file takes on the disk, where it has holes; absent where it has none. */
  readonly allocated?: number;
  readonly mtime: Timestamp;
  readonly inode: Inode;
  /** All extended attributes, sorted by name. */
  readonly xattrs: readonly Xattr[];
  /** Inode flags as FS_IOC_GETFLAGS gives them, only those of `carriedFlags`. */
  readonly flags: number;
  /** Where a symbolic link points. */
  readonly target?: ByteString;
  /** Which device a character or block device node is. */
  readonly device?: DeviceNumber;
  /**
   * Present in a base that is reconstructed from a package database (case 66): the properties (`Difference`) that are
   * known to have been delivered so. The others are theirs', and prove nothing.
   */
  readonly knownAttributes?: readonly string[];
};

/** The inode flags of linux/fs.h by name. */
export const inodeFlags = {
  compressed: 0x4,
  synchronous: 0x8,
  immutable: 0x10,
  appendOnly: 0x20,
  noDump: 0x40,
  noAccessTime: 0x80,
  synchronousDirectory: 0x10000,
  noCopyOnWrite: 0x800000,
  inheritProject: 0x20000000,
} as const;

/**
 * The flags that a person sets with chattr and that are carried; the rest belong to the filesystem. So does FS_NOCOMP_FL:
 * btrfs sets it by itself on each file that it tried to compress in vain (compress_file_range in fs/btrfs/inode.c).
 */
export const carriedFlags: number = Object.values(inodeFlags).reduce((all, flag) => all | flag, 0);

/** Flags that forbid changes: set last, cleared first. */
export const lockingFlags: number = inodeFlags.immutable | inodeFlags.appendOnly;

/** The label of SELinux is no part of an entry's identity: the new policy decides it (cases 41, 42). */
export const selinuxLabel: ByteString = 'security.selinux';
export const aclAccess: ByteString = 'system.posix_acl_access';
export const aclDefault: ByteString = 'system.posix_acl_default';
export const fileCapability: ByteString = 'security.capability';

/** The value of an extended attribute, or null where the entry lacks it. */
export function xattrOf(entry: Entry, name: ByteString): ByteString | null {
  return entry.xattrs.find((xattr) => xattr.name === name)?.value ?? null;
}
