import { constants } from 'node:fs';

/** Flags of open(2) that Node does not name; values of linux/fcntl.h, the same on x86-64 and arm64. */
const pathOnly = 0o10000000;
const closeOnExec = 0o2000000;

/** Flags of openat(2), each set complete for its use. Nothing here follows a link or blocks on a fifo. */
export const openFlags = {
  root: constants.O_RDONLY | constants.O_DIRECTORY | closeOnExec,
  directory: pathOnly | constants.O_DIRECTORY | constants.O_NOFOLLOW | closeOnExec,
  read: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | closeOnExec,
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW | closeOnExec,
  write: constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK | closeOnExec,
  lock: constants.O_RDONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK | closeOnExec,
  /** O_TMPFILE: a file without a name, in the directory that is opened. */
  nameless: constants.O_RDWR | constants.O_DIRECTORY | 0o20000000 | closeOnExec,
  /** Added where we may: reading leaves the access time alone. */
  keepAccessTime: constants.O_NOATIME,
} as const;

/** linux/fcntl.h: flags of the `…at` calls. */
export const atFlags = { noFollow: 0x100, removeDirectory: 0x200, noAutomount: 0x800, itself: 0x1000 } as const;

/** linux/stat.h: STATX_BASIC_STATS | STATX_MNT_ID. */
export const statxMask: number = 0x7ff | 0x1000;

/** linux/mount.h: MS_RDONLY, MS_REMOUNT, MS_BIND. */
export const mountFlags = { readOnly: 1, remount: 0x20, bind: 0x1000 } as const;

/** linux/fs.h: MNT_DETACH, UMOUNT_NOFOLLOW. */
export const unmountFlags = { detach: 2, noFollow: 8 } as const;

/** linux/fs.h, for 64-bit machines. */
export const ioctlRequests = {
  getFlags: 0x80086601,
  setFlags: 0x40086602,
  clone: 0x40049409,
  fiemap: 0xc020660b,
  freeze: 0xc0045877,
  thaw: 0xc0045878,
  /** tcflush(3). */
  flushTerminal: 0x540b,
} as const;

/** termios.h: what was typed and not read yet (TCIFLUSH). */
export const flushInput = 0;

/** linux/magic.h: what statfs(2) says of btrfs. */
export const btrfsType = 0x9123683e;

/** linux/btrfs.h, for 64-bit machines. */
export const btrfsRequests = {
  filesystemInfo: 0x8400941f,
  removeSubvolume: 0x5000940f,
  searchTree: 0xc0709411,
  makeSnapshot: 0x50009417,
  send: 0x40489426,
  subvolumeInfo: 0x81f8943c,
} as const;

/** asm-generic/unistd.h: the same on every machine; getdents64 is older than that, and x86-64 has its own number. */
export const systemCalls = {
  getdents64: process.arch === 'x64' ? 217 : 61,
  fsopen: 430,
  fsconfig: 431,
  fsmount: 432,
} as const;

/** unistd.h: whence of lseek(2). */
export const seek = { set: 0, data: 3, hole: 4 } as const;

/** linux/stat.h: leave this time as it is. */
export const omitTime = 0x3ffffffe;

/** The file type bits of a mode (S_IFMT) and their values. */
export const typeBits = {
  mask: constants.S_IFMT,
  file: constants.S_IFREG,
  directory: constants.S_IFDIR,
  symlink: constants.S_IFLNK,
  character: constants.S_IFCHR,
  block: constants.S_IFBLK,
  fifo: constants.S_IFIFO,
  socket: constants.S_IFSOCK,
} as const;
