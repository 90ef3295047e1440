import type { Boundary } from '../domain/change.ts';
import { isBelow, type RootPath } from '../domain/path.ts';
import type { Files, Status } from '../system/files.ts';

/**
 * Whether another filesystem starts at the path: its mount differs, or, on btrfs, the directory's device number does. What
 * counts as a part of the tree is none.
 */
export function boundaryKind(files: Files, path: RootPath): Boundary['kind'] | null {
  return kindAt(files, path, () => files.status(path));
}

function kindAt(files: Files, path: RootPath, statusOf: () => Status | null): Boundary['kind'] | null {
  const home = homeOf(files, path);
  if (path === home) return null;
  const directory = statusOfHome(files, home);
  const status = statusOf();
  if (directory === null || status === null) return null;
  return boundaryBetween(directory, status);
}

/** Whether another filesystem starts between a directory and what stands somewhere below it. */
export function boundaryBetween(directory: Status, status: Status): Boundary['kind'] | null {
  if (status.mountId !== directory.mountId) return 'mount';
  return status.type === 'directory' && status.inode.device !== directory.inode.device ? 'subvolume' : null;
}

/** The root, or the innermost of its parts that the path is or lies in. */
function homeOf({ parts }: Files, path: RootPath): RootPath {
  const around = parts.filter((part) => part === path || isBelow(path, part));
  return around.reduce((inner, part) => (part.length > inner.length ? part : inner), '/');
}

/** Asked for every directory, and the same as long as the root is open. */
const homes = new WeakMap<Files, Map<RootPath, Status>>();

function statusOfHome(files: Files, home: RootPath): Status | null {
  const statuses = homes.get(files) ?? new Map<RootPath, Status>();
  homes.set(files, statuses);
  const known = statuses.get(home);
  if (known !== undefined) return known;
  const status = files.status(home);
  if (status !== null) statuses.set(home, status);
  return status;
}

/** The inode number of what btrfs shows in a snapshot where its source holds another subvolume (linux/btrfs_tree.h). */
const placeholderInode = 2;

/**
 * The same where a tree is only read: a snapshot's placeholder for a subvolume that it does not hold hides nothing. It is
 * an empty directory in which nothing can be made.
 */
export function boundaryToRead(files: Files, path: RootPath): Boundary['kind'] | null {
  const kind = kindAt(files, path, () => files.statusSeen(path));
  return kind === 'subvolume' && isPlaceholder(files.statusSeen(path)) ? null : kind;
}

/** Whether it is that, where it differs in its device. */
export function isPlaceholder(status: Status | null): boolean {
  return status?.inode.number === placeholderInode;
}

/** What tells one directory from all others, wherever it is seen. */
export function inodeKey({ inode }: Pick<Status, 'inode'>): string {
  return `${inode.device}:${inode.number}`;
}

/** The directories that are roots themselves: one that lies inside another must not be copied into it (case 31). */
export function rootKeys(roots: readonly Files[]): ReadonlySet<string> {
  return new Set(
    roots.flatMap((files) => {
      const status = files.status('/');
      return status === null ? [] : [inodeKey(status)];
    }),
  );
}
