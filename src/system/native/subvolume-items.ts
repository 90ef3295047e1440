import type { ByteString } from '../../domain/bytes.ts';
import type { InodeName, InodeRecord, NamedInode, SubvolumeIdentity } from '../subvolume.ts';
import { callError } from './place.ts';
import { itemTypes, longAt, type TreeItem } from './tree-search.ts';

// Offsets of the structures of linux/btrfs_tree.h, all packed and little-endian.
const inode = { size: 16, owner: 44, sequence: 72 } as const;
const root = { flags: 208, uuid: 247, parentUuid: 263, receivedUuid: 279, uuidEnd: 295 } as const;
const xattr = { lengths: 25 } as const;
const entry = { locationType: 8, nameLength: 27, type: 29, name: 30 } as const;
const directoryType = 2;
const rootIsReadOnly = 1;
const noUuid = '0'.repeat(32);

/** What the items of one inode say, or null where they are of none. */
export function recordOf(items: readonly TreeItem[]): InodeRecord | null {
  const own = items.find(({ type }) => type === itemTypes.inode);
  if (own === undefined) return null;
  return {
    size: longAt(own.data, inode.size),
    names: namesIn(items),
    attributes: attributesIn(own, items),
    extents: extentsIn(items),
  };
}

/** struct btrfs_inode_item: owner, group, mode and device number, and flags; sequence and times come after them. */
function attributesIn({ data }: TreeItem, items: readonly TreeItem[]): ByteString {
  const own = data.toString('latin1', inode.owner, inode.sequence);
  return items.reduce((all, item) => (item.type === itemTypes.xattr ? `${all}${xattrOf(item)}` : all), own);
}

/** struct btrfs_dir_item: a key without meaning here, the transaction that wrote it, lengths, type, name, value. */
function xattrOf({ offset, data }: TreeItem): ByteString {
  return `${offset}:${data.length}:${data.toString('latin1', xattr.lengths)}`;
}

/** All names: an item holds those in one directory, or, when there are too many for that, of one hash. */
function namesIn(items: readonly TreeItem[]): InodeName[] {
  return items.flatMap((item) => {
    if (item.type === itemTypes.name) return [...shortNames(item)];
    return item.type === itemTypes.longName ? [...longNames(item)] : [];
  });
}

/** struct btrfs_inode_ref: index, length, name; the key's offset is the directory. */
function* shortNames({ offset, data }: TreeItem): Generator<InodeName> {
  for (let at = 0; at < data.length; ) {
    const end = at + 10 + data.readUInt16LE(at + 8);
    yield { directory: offset, name: data.toString('latin1', at + 10, end) };
    at = end;
  }
}

/** struct btrfs_inode_extref: directory, index, length, name. */
function* longNames({ data }: TreeItem): Generator<InodeName> {
  for (let at = 0; at < data.length; ) {
    const end = at + 18 + data.readUInt16LE(at + 16);
    yield { directory: longAt(data, at), name: data.toString('latin1', at + 18, end) };
    at = end;
  }
}

/**
 * Offset and place of each extent (struct btrfs_file_extent_item); content that is kept in the item itself, whole. The
 * generation comes first and tells when the item was written, not what it points to.
 */
function extentsIn(items: readonly TreeItem[]): ByteString {
  return items
    .filter(({ type }) => type === itemTypes.extent)
    .map(({ offset, data }) => `${offset}:${data.length}:${data.toString('latin1', 8)}`)
    .join('');
}

/** struct btrfs_dir_item: the key of the inode, transaction, lengths of value and name, type, name. */
export function namedInodes({ data }: TreeItem): NamedInode[] {
  const found: NamedInode[] = [];
  for (let at = 0; at < data.length; ) {
    const end = at + entry.name + data.readUInt16LE(at + entry.nameLength);
    const isInode = data[at + entry.locationType] === itemTypes.inode;
    found.push({
      name: data.toString('latin1', at + entry.name, end),
      inode: isInode ? longAt(data, at) : null,
      isDirectory: data[at + entry.type] === directoryType,
    });
    at = end;
  }
  return found;
}

/** struct btrfs_root_ref: directory, sequence, length, name. */
export function nestedName({ data }: TreeItem): InodeName {
  return { directory: longAt(data, 0), name: data.toString('latin1', 18, 18 + data.readUInt16LE(16)) };
}

/** struct btrfs_root_item; of several, as after a crash, the latest counts. */
export function rootIdentity(id: number, items: readonly TreeItem[], path: ByteString): SubvolumeIdentity {
  const data = items.at(-1)?.data;
  if (data === undefined || data.length < root.uuidEnd)
    throw callError('ENODATA', 'ioctl(BTRFS_IOC_TREE_SEARCH_V2)', path);
  const parentUuid = data.toString('hex', root.parentUuid, root.receivedUuid);
  const receivedUuid = data.toString('hex', root.receivedUuid, root.uuidEnd);
  return {
    id,
    uuid: data.toString('hex', root.uuid, root.parentUuid),
    parentUuid: parentUuid === noUuid ? null : parentUuid,
    receivedUuid: receivedUuid === noUuid ? null : receivedUuid,
    readOnly: (data.readUInt32LE(root.flags) & rootIsReadOnly) !== 0,
  };
}

/** Where the tree of uuids keeps one: its halves are the key. */
export function uuidKey(uuid: string): { readonly object: bigint; readonly offset: bigint } {
  const bytes = Buffer.from(uuid, 'hex');
  return { object: bytes.readBigUInt64LE(0), offset: bytes.readBigUInt64LE(8) };
}
