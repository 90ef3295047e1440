import { aclAccess, aclDefault } from '../../domain/entry.ts';
import { nameHash } from './name-hash.ts';
import { itemTypes, type ShownItem, type TreeSearch } from './tree-search.ts';

/** Offsets in struct btrfs_inode_item of linux/btrfs_tree.h. */
const inode = { owner: 44, group: 48 } as const;

const types: ReadonlySet<number> = new Set([itemTypes.inode, itemTypes.xattr]);

/**
 * The inodes that anybody but root has to do with: another owner or group, or an access list. All items of the subvolume
 * pass by for it, which takes a seventh of the time that asking for every file takes.
 */
export function inodesOfOthers(search: TreeSearch): number[] {
  const found = new Set<number>();
  const acls = new Set([aclAccess, aclDefault].map(nameHash));
  search.showAll(types, (item) => {
    // The key of an attribute holds the hash of its name.
    const counts = item.type === itemTypes.inode ? belongsToOthers(item) : acls.has(item.offset);
    if (counts) found.add(item.object);
  });
  return [...found];
}

function belongsToOthers({ bytes, start }: ShownItem): boolean {
  return bytes.readUInt32LE(start + inode.owner) !== 0 || bytes.readUInt32LE(start + inode.group) !== 0;
}
