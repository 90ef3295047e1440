/** The format of send streams, of the kernel's fs/btrfs/send.h. All numbers are little-endian. */

/** Magic, with its NUL, and version. */
export const streamHeader = { magic: 'btrfs-stream\0', version: 13, size: 17 } as const;

/** Length of the data that follows, command, CRC32C of header and data with the checksum taken as 0: at these offsets. */
export const commandHeader = { length: 0, command: 4, checksum: 6, size: 10 } as const;

/** Numbers of the attributes that are looked at: type, length, value. */
export const attributes = { path: 15, to: 16, link: 17, data: 19 } as const;

export type CommandShape = 'begin' | 'end' | 'create' | 'remove' | 'content' | 'attributes' | 'rename' | 'link';

/** What each command is, by its number; those from 23 on are of version 2. */
export const commandShapes: Readonly<Record<number, CommandShape>> = {
  // The subvolume or snapshot that the stream is of.
  1: 'begin',
  2: 'begin',
  // File, directory, device node, fifo, socket, symbolic link.
  3: 'create',
  4: 'create',
  5: 'create',
  6: 'create',
  7: 'create',
  8: 'create',
  9: 'rename',
  10: 'link',
  // Of what is no directory, and of a directory.
  11: 'remove',
  12: 'remove',
  // Extended attributes set and removed.
  13: 'attributes',
  14: 'attributes',
  // Written, cloned, cut.
  15: 'content',
  16: 'content',
  17: 'content',
  // Mode, owner, times. Times are told of every inode that is not as it was in every byte.
  18: 'attributes',
  19: 'attributes',
  20: 'attributes',
  21: 'end',
  // In place of 15 where the contents are left out.
  22: 'content',
  // Space reserved or given back, inode flags, compressed content.
  23: 'content',
  24: 'attributes',
  25: 'content',
};
