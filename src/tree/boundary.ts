import type { Boundary } from '../domain/change.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files, Status } from '../system/files.ts';

/** Whether another filesystem starts at the path: its mount differs, or, on btrfs, the directory's device number does. */
export function boundaryKind(files: Files, path: RootPath): Boundary['kind'] | null {
  if (path === '/') return null;
  const root = files.status('/');
  const status = files.status(path);
  if (root === null || status === null) return null;
  if (status.mountId !== root.mountId) return 'mount';
  return status.type === 'directory' && status.inode.device !== root.inode.device ? 'subvolume' : null;
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
