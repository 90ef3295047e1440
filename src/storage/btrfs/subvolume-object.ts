import type { RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import { noObject, objectPath } from '../object-places.ts';

/** linux/btrfs_tree.h: the inode number of the root directory of every subvolume. */
const rootInode = 256;

/** Whether a subvolume lies at the place. */
export function isSubvolume(files: Files, place: Place): boolean {
  return isSubvolumeAt(files, objectPath(place));
}

/** Whether the path is the root of one; a link is none. */
export function isSubvolumeAt(files: Files, path: RootPath): boolean {
  const status = files.status(path);
  return status?.type === 'directory' && status.inode.number === rootInode;
}

/** Throws Failure `no-object` where none does. */
export function requireSubvolume(files: Files, place: Place): void {
  if (!isSubvolume(files, place)) throw noObject(place, 'there is no subvolume');
}
