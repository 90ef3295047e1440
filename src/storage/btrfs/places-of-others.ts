import { Failure, SystemCallError } from '../../domain/failure.ts';
import { mountsOf } from '../../domain/mountinfo.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { Subvolume } from '../../system/subvolume.ts';
import type { System } from '../../system/system.ts';
import { mountPointsIn, withSubvolume } from './held-subvolume.ts';
import { InodePaths } from './inode-paths.ts';

/**
 * The paths of a subvolume that anybody but root may have to do with, from the filesystem's own records, in no order;
 * subvolumes that lie in it are none of them. Null where the root is no subvolume that root owns, or where a mount hides
 * some of it.
 */
export function placesOfOthers(files: Files, system: System): readonly RootPath[] | null {
  try {
    const mounts = mountsOf(system.readFile('/proc/self/mountinfo'));
    if (mountPointsIn(mounts, files).length > 0 || !showsRootAsRoot(files)) return null;
    // A change of owner comes into the records with the next commit at the latest.
    files.syncFilesystem();
    return withSubvolume(system, files, placesIn);
  } catch (error) {
    // Whatever the reason: looking at everything needs nothing of this.
    if (error instanceof SystemCallError || error instanceof Failure) return null;
    throw error;
  }
}

/** linux/btrfs_tree.h: the inode number of the root directory of every subvolume. */
const rootInode = 256;

/**
 * A mount may show other numbers than the records hold (mount_setattr(2), MOUNT_ATTR_IDMAP). Where the directory shows
 * root, and is root's in the records too, whatever else is root's there is shown as root's.
 */
function showsRootAsRoot(files: Files): boolean {
  const status = files.status('/');
  return status?.uid === 0 && status.gid === 0;
}

function placesIn(subvolume: Subvolume): RootPath[] | null {
  const inodes = subvolume.inodesOfOthers();
  if (inodes.includes(rootInode)) return null;
  const paths = new InodePaths(subvolume);
  return inodes.flatMap((inode) => {
    // Names and attributes are the same records for all types.
    const names = subvolume.inode(inode, { isDirectory: true })?.names ?? [];
    return names.map((name) => paths.ofName(name));
  });
}
