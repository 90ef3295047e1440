import type { MountedFilesystem } from '../domain/mountinfo.ts';
import type { RootPath } from '../domain/path.ts';
import type { Place } from '../domain/volume.ts';
import type { Files } from '../system/files.ts';

/** What is there already and is to be a branch; paths are from the top of the filesystem. */
export type TakenOver = {
  /** The directory of the store. */
  readonly store: RootPath;
  /** The root: a subvolume of it, or `/` for the filesystem itself. */
  readonly subvolume: RootPath;
  readonly place: Place;
};

/** How a kind of storage makes a root that is there already, and may be running, a branch. */
export type TakeOver = {
  /** Whether it can where the root is mounted so. */
  readonly serves: (root: Pick<MountedFilesystem, 'filesystem' | 'root'>) => boolean;
  /** Puts the root to the place of a branch, so that boot entries that name it go on working. */
  readonly run: (top: Files, taken: TakenOver) => void;
};
