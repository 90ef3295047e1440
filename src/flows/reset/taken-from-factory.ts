import { stateFolder } from '../../apply/run-folder.ts';
import { isBelow, type RootPath } from '../../domain/path.ts';
import { beginsAnew, type Reset } from '../../domain/reset.ts';
import { isTakenBack } from '../../policy/reset.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { loadVolumes } from '../load-volumes.ts';
import { policyFor } from '../migration-policy.ts';

/**
 * Which paths of a reset's new root, `theirs`, the factory archive may say what they are: what the reset has taken back to
 * the image. What it keeps stays, as does what an update carries, what volumes hide, and the records of this migration.
 */
export function takenFromFactory(
  system: System,
  trees: { readonly ours: Files; readonly theirs: Files },
  reset: Reset,
): (path: RootPath) => boolean {
  const { theirs } = trees;
  const { verdictOf } = policyFor(system, trees, { policyFiles: null, reset });
  const volumes = loadVolumes({ theirs, ours: theirs }).filter((volume) => !beginsAnew(reset, volume));
  const others = [stateFolder, ...volumes.map(({ mountPoint }) => mountPoint)];
  return (path) => isTakenBack(verdictOf(path)) && !others.some((other) => path === other || isBelow(path, other));
}
