import type { CandidateScope } from '../../domain/candidates.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { changedObjects } from './changed-objects.ts';
import type { Dataset } from './datasets.ts';
import { findCandidates } from './find-candidates.ts';
import { sharedSnapshot } from './lineage.ts';
import { makeDataset, type Pool } from './make-object.ts';
import { mountDataset } from './mount-object.ts';
import { requireKey } from './open-pool.ts';

/**
 * Where an object may differ from a tag. Null where they share no snapshot, or it cannot be told. Takes as long as there
 * are names and as what was changed is large; files that were not changed are not looked at, but for a few that ZFS
 * keeps beside those that were.
 */
export function compareObjects(
  pool: Pool,
  all: readonly Dataset[],
  base: Dataset,
  ours: Dataset,
): Map<RootPath, CandidateScope> | null {
  const shared = sharedSnapshot(all, base, ours);
  if (shared === null) return null;
  try {
    for (const one of [base, ours]) requireKey(one);
    return withSnapshot(pool, ours, (now) => between(pool.system, shared, base, now));
  } catch (error) {
    // Whatever the reason: comparing everything needs nothing of this.
    if (error instanceof SystemCallError || error instanceof Failure) return null;
    throw error;
  }
}

function between(system: System, shared: Dataset, base: Dataset, now: Dataset): Map<RootPath, CandidateScope> {
  return withMounted(system, base, (first) =>
    withMounted(system, now, (second) => {
      const sides = [base.name, now.name].filter((name) => name !== shared.name);
      const touched = changedObjects(
        system.commands,
        [...new Set(sides)].map((name) => [shared.name, name]),
      );
      return findCandidates(first, second, (inode) => touched.has(inode));
    }),
  );
}

/** Only snapshots can be sent: one is made of a branch, with what is still to be written to it, and removed again. */
function withSnapshot<Result>(pool: Pool, dataset: Dataset, use: (snapshot: Dataset) => Result): Result {
  if (dataset.isSnapshot) return use(dataset);
  withMounted(pool.system, dataset, (files) => files.syncFilesystem());
  const name = `${dataset.name}@compared-${pool.system.newUuid().slice(0, 12)}`;
  makeDataset(pool, ['snapshot'], name, null);
  try {
    return use({ ...dataset, name, isSnapshot: true });
  } finally {
    pool.system.commands.run('zfs', ['destroy', '-d', name]);
  }
}

function withMounted<Result>(system: System, dataset: Dataset, use: (files: Files) => Result): Result {
  const mount = (directory: string): void => mountDataset(system, dataset, directory, { writable: false });
  return system.mounts.withMounted(mount, { writable: false }, (directory) => withDirectory(system, directory, use));
}
