import type { RootPath } from '../domain/path.ts';
import type { Place } from '../domain/volume.ts';
import type { Files } from '../system/files.ts';

/** What is there already and is to be a branch; paths are from the top of the filesystem. */
export type TakenOver = {
  /** The directory of the store. */
  readonly store: RootPath;
  readonly subvolume: RootPath;
  readonly place: Place;
};

/** Puts a root that may be running to the place of a branch, so that boot entries that name it go on working. */
export type TakeOver = (top: Files, taken: TakenOver) => void;
