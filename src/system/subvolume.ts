import type { ByteString } from '../domain/bytes.ts';

/** What tells a subvolume of btrfs from others, and what it was made from. Uuids are 32 hexadecimal digits. */
export type SubvolumeIdentity = {
  readonly id: number;
  readonly uuid: string;
  /** The subvolume that it is a snapshot of, deleted or not; null where it is none. */
  readonly parentUuid: string | null;
  /** The uuid of the subvolume that its content was sent from, where it was received whole; else null. */
  readonly receivedUuid: string | null;
  readonly readOnly: boolean;
};

/** A name as btrfs keeps it: the inode of the directory, and the name in it. */
export type InodeName = { readonly directory: number; readonly name: ByteString };

/** What a name in a directory stands for. */
export type NamedInode = {
  readonly name: ByteString;
  /** Null for another subvolume, and for the placeholder of one. */
  readonly inode: number | null;
  readonly isDirectory: boolean;
};

/** What btrfs itself keeps of an inode. */
export type InodeRecord = {
  /** Bytes of a file; twice the length of all names of a directory. */
  readonly size: number;
  /** All its names in the subvolume. */
  readonly names: readonly InodeName[];
  /** Type, mode, owner, device number, flags and extended attributes: the same bytes where all of them are the same. */
  readonly attributes: ByteString;
  /** Where the content of a file lies on the disk: files with the same extents and size have the same content. */
  readonly extents: ByteString;
};

/**
 * A subvolume of btrfs, held open. What it tells was true at the last commit of the filesystem, or is newer. Every call
 * needs root, is synchronous and throws SystemCallError.
 */
export interface Subvolume {
  readonly identity: SubvolumeIdentity;
  /** Another subvolume of the same filesystem, by its uuid; null where it is not there any more. */
  identityOf(uuid: string): SubvolumeIdentity | null;
  /** Null where the subvolume has no such inode. Of a directory no extents are read. */
  inode(number: number, kind: { readonly isDirectory: boolean }): InodeRecord | null;
  /** What the name stands for in the directory; null where it is not there. */
  find(name: InodeName): NamedInode | null;
  /** All names in the directory. */
  names(directory: number): NamedInode[];
  /** Where other subvolumes lie in this one. */
  nested(): InodeName[];
  /** The numbers of all inodes that belong to another owner or group than root, or have an access list. */
  inodesOfOthers(): number[];
  /**
   * The stream that would make the subvolume `parent` equal to this one, without contents (`btrfs send --no-data`), in
   * pieces. Both must be read-only.
   */
  streamSince(parent: number): Iterable<Uint8Array>;

  /** Names in the root directory of the subvolume, in no order. */
  list(): ByteString[];
  /** Opens a subvolume that lies in the root directory of this one. */
  open(name: ByteString): Subvolume;
  /** Makes a read-only snapshot in the root directory of this one; `source` is of the same filesystem. */
  makeSnapshot(source: Subvolume, name: ByteString): void;
  /** Removes a subvolume that lies in the root directory of this one. */
  remove(name: ByteString): void;
  /** Lets go of it; the object is not used afterwards. */
  close(): void;
}

/** The subvolumes of this machine. */
export type Subvolumes = {
  /** The subvolume whose root the directory is; null where it is not the root of one. */
  readonly open: (directory: ByteString) => Subvolume | null;
  /**
   * The top of the btrfs filesystem on a device that is mounted writable already, through a mount that nothing else sees
   * and that ends with the program at the latest.
   */
  readonly openTop: (device: ByteString) => Subvolume;
};
