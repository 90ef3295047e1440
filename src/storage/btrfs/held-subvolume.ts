import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import { isBelow, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { Subvolume } from '../../system/subvolume.ts';
import type { System } from '../../system/system.ts';

/** Hands on the subvolume of which this is the root; null where it is the root of none. */
export function withSubvolume<Result>(
  system: System,
  files: Files,
  use: (subvolume: Subvolume) => Result,
): Result | null {
  const subvolume = system.subvolumes.open(files.root);
  if (subvolume === null) return null;
  try {
    return use(subvolume);
  } finally {
    subvolume.close();
  }
}

/** Where something is mounted below a root. */
export function mountPointsIn(mounts: readonly MountedFilesystem[], { root }: Files): RootPath[] {
  const below = mounts.filter(({ directory }) => isBelow(directory, root));
  return below.map(({ directory }) => (root === '/' ? directory : directory.slice(root.length)));
}
