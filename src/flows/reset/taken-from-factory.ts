import { stateFolder } from '../../apply/run-folder.ts';
import { isBelow, type RootPath } from '../../domain/path.ts';
import { beginsAnew, type Reset } from '../../domain/reset.ts';
import { hasNumbersOfOurs, isTakenBack } from '../../policy/reset.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { loadVolumes } from '../load-volumes.ts';
import { policyFor } from '../migration-policy.ts';

export type Taking = {
  readonly takes: (path: RootPath) => boolean;
  /** What it would take, but for the numbers of accounts in it, by which the data that stays is owned. */
  readonly isNumbered: (path: RootPath) => boolean;
};

/**
 * Which paths of a reset's new root, `theirs`, the factory archive may say what they are: what the reset has taken back to
 * the image. What it keeps stays, as does what an update carries, what volumes hide, and the records of this migration.
 */
export function takenFromFactory(
  system: System,
  trees: { readonly ours: Files; readonly theirs: Files },
  reset: Reset,
): Taking {
  const { theirs } = trees;
  const { verdictOf } = policyFor(system, trees, { policyFiles: null, reset });
  const volumes = loadVolumes({ theirs, ours: theirs }).filter((volume) => !beginsAnew(reset, volume));
  const others = [stateFolder, ...volumes.map(({ mountPoint }) => mountPoint)];
  const isReset = (path: RootPath): boolean =>
    isTakenBack(verdictOf(path)) && !others.some((other) => path === other || isBelow(path, other));
  const isNumbered = (path: RootPath): boolean => isReset(path) && hasNumbersOfOurs(verdictOf(path));
  return { takes: (path) => isReset(path) && !isNumbered(path), isNumbered };
}
