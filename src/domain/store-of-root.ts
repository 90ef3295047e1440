import type { ByteString } from './bytes.ts';
import type { MountedFilesystem } from './mountinfo.ts';
import type { RootPath } from './path.ts';
import { systemVolume } from './version.ts';

/** Where `migrate init` makes the store, in the top of the root's filesystem, or where a filesystem of its own is mounted for it. */
export const storeInRoot: RootPath = '/migrate';

/** The store that the running root is a branch of. */
export type StoreOfRoot = {
  /** The device that the store's filesystem is on, as it is mounted. */
  readonly device: ByteString;
  /** The directory of the store from the top of that filesystem. */
  readonly directory: RootPath;
  /** The branch of the volume `system` that runs. */
  readonly branch: ByteString;
};

/** Where the layers of the running root lie: the directory of the store as this machine sees it, and the branch. */
export type LayersOfRoot = { readonly directory: RootPath; readonly branch: ByteString };

/** The branch whose own changes are the upper directory of the overlay at `/`; null where the root is no such. */
export function layersOfRoot(mounts: readonly MountedFilesystem[]): LayersOfRoot | null {
  const root = mounts.findLast(({ directory }) => directory === '/');
  const upper = root?.filesystem === 'overlay' ? root.options.find((option) => option.startsWith('upperdir=')) : null;
  const [, directory, branch] = branchTree.exec(upper ?? '') ?? [];
  return directory === undefined || branch === undefined ? null : { directory, branch };
}

const branchTree = new RegExp(`^upperdir=(/.+)/volumes/${systemVolume}/branches/([^/]+)/tree$`, 's');

/**
 * Where storage mounts a branch as it is, the path of what is mounted at `/` tells store and branch. Null where the root
 * is of no store. `mounts` are those of /proc/self/mountinfo; of several at `/` the last one counts.
 */
export function storeOfRoot(mounts: readonly MountedFilesystem[]): StoreOfRoot | null {
  const root = mounts.findLast(({ directory }) => directory === '/');
  if (root === undefined) return null;
  const places = `/volumes/${systemVolume}/branches/`;
  const end = root.root.lastIndexOf(places);
  const branch = root.root.slice(end + places.length);
  if (end < 1 || branch === '' || branch.includes('/')) return null;
  return { device: root.source, directory: root.root.slice(0, end), branch };
}
