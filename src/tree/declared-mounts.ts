import { SystemCallError } from '../domain/failure.ts';
import { mountPointsOf } from '../domain/fstab.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

const fstab: RootPath = '/etc/fstab';

/** Where the tree's own /etc/fstab mounts something, mounted now or not; nowhere where there is none to be read. */
export function declaredMounts(files: Files): ReadonlySet<RootPath> {
  try {
    return new Set(files.status(fstab)?.type === 'file' ? mountPointsOf(files.read(fstab)) : []);
  } catch (error) {
    // The walk comes to the same file, and names it where it cannot be read.
    if (error instanceof SystemCallError) return new Set();
    throw error;
  }
}
