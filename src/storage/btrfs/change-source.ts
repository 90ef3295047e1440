import type { Candidates } from '../../domain/candidates.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import { type MountedFilesystem, mountsOf } from '../../domain/mountinfo.ts';
import type { Files } from '../../system/files.ts';
import type { Subvolume } from '../../system/subvolume.ts';
import type { System } from '../../system/system.ts';
import type { ChangedTree, ChangeSource } from '../change-source.ts';
import { findCandidates, nestedPaths, pathsInside, withPlaces } from './find-candidates.ts';
import { mountPointsIn, withSubvolume } from './held-subvolume.ts';
import { isRelated } from './lineage.ts';
import { placesOfOthers } from './places-of-others.ts';
import { withReadOnlyView } from './read-only-view.ts';

/**
 * Asks the filesystem itself: btrfs compares two snapshots of one lineage in a time that grows with what differs, and
 * tells it as a stream of commands (`btrfs send --no-data`).
 */
export const btrfsChanges: ChangeSource = { name: 'btrfs', candidatesOf, placesOfOthers };

function candidatesOf(tree: ChangedTree, system: System): Candidates | null {
  try {
    return withSubvolume(system, tree.base, (base) =>
      withSubvolume(system, tree.ours, (ours) => between(system, tree, base, ours)),
    );
  } catch (error) {
    // Whatever the reason: comparing everything needs nothing of this.
    if (error instanceof SystemCallError || error instanceof Failure) return null;
    throw error;
  }
}

function between(system: System, tree: ChangedTree, base: Subvolume, ours: Subvolume): Candidates | null {
  const mounts = mountsOf(system.readFile('/proc/self/mountinfo'));
  const mounted = mountOf(mounts, tree.ours);
  // A copy of a filesystem, device by device, has the same subvolumes.
  if (mounted === null || mountOf(mounts, tree.base)?.source !== mounted.source) return null;
  if (!base.identity.readOnly || !isRelated(base, ours)) return null;
  const found = withReadOnlyView(system, ours, mounted, (view) => findCandidates(base, view));
  if (found === null) return null;
  return withPlaces(found, [
    ...nestedPaths(base),
    ...nestedPaths(ours),
    ...pathsInside(ours, tree.ours, tree.others),
    ...mountPointsIn(mounts, tree.base),
    ...mountPointsIn(mounts, tree.ours),
  ]);
}

function mountOf(mounts: readonly MountedFilesystem[], files: Files): MountedFilesystem | null {
  const id = files.status('/')?.mountId;
  return mounts.find((mount) => mount.id === id) ?? null;
}
