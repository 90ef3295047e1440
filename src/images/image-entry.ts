import type { ByteString } from '../domain/bytes.ts';
import type { DeviceNumber, Timestamp, Xattr } from '../domain/entry.ts';
import type { RootPath } from '../domain/path.ts';

/** A stretch of a file that holds data; between them are holes. */
export type Extent = { readonly offset: number; readonly length: number };

/** An access list as text, whose names are accounts of the image itself. */
export type AclText = { readonly xattr: ByteString; readonly text: ByteString };

/** Attributes of an entry: owners are the image's numbers. */
export type ImageAttributes = {
  /** 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: Timestamp;
  /** Of an access list that is there both as a value and as text, the value. */
  readonly xattrs: readonly Xattr[];
  readonly acls: readonly AclText[];
};

/** One entry of an archive, without its content. */
export type ImageEntry = ImageAttributes & {
  readonly path: RootPath;
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'fifo' | 'character' | 'block';
  /** Bytes of a file, holes included. */
  readonly size: number;
  /** Where data lies in a sparse file, in ascending order; null where the content is whole. */
  readonly extents: readonly Extent[] | null;
  /** Where a symbolic link points. */
  readonly target: ByteString;
  /** The path in the image of which a hard link is another name. */
  readonly linkTo: RootPath;
  readonly device: DeviceNumber | null;
};
