import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { beginsAnew } from '../domain/reset.ts';
import { boundBranch } from '../domain/version.ts';
import type { Store } from '../store/store.ts';
import { type Bindings, bindVolumes } from '../versions/bind-volumes.ts';
import { storedVolumes } from '../versions/carry-out-bindings.ts';
import { holdsAnything, volumesTakenOver } from './bound-volumes.ts';
import { requireFilled } from './data-to-fill.ts';
import { requireMountPoint, withContentAt } from './fill-volume.ts';
import { loadVolumes } from './load-volumes.ts';
import { type Migrated, volumesCarried } from './old-volumes-carried.ts';
import type { DropInTree } from './read-drop-ins.ts';
import type { VersionToMake, VolumeInRoot } from './version-to-make.ts';

/** Where the roots of a migration are, and what is migrated with them. */
export type RootsToBind = {
  readonly old: string;
  /** The new root; before the migration the image that it is made of. */
  readonly result: string;
  /** Volumes of the parent's whose new content is in the result now, and where. */
  readonly migrated: readonly VolumeInRoot[];
  /** What the migration has left to volumes of data. */
  readonly toFill: readonly VolumeInRoot[];
};

/** Which branches a version is to use, and what has to be done for that. */
export type PlannedBindings = Bindings & { readonly declared: readonly DeclaredVolume[]; readonly made: Migrated };

/**
 * Decides by what the new root declares, `tree`, which is what it is or will be. Changes nothing. Throws Failure as
 * `loadVolumes`, `volumesCarried` and `bindVolumes` do, and `mount-point`.
 */
export function planBindings(
  store: Store,
  { version, parent }: VersionToMake,
  roots: RootsToBind,
  tree: DropInTree,
): PlannedBindings {
  const declared = loadVolumes({ theirs: tree, ours: tree });
  for (const { mountPoint } of declared) requireMountPoint(tree, mountPoint);
  const { reset } = version;
  const volumes = volumesTakenOver(store, { version, parent }, roots.old);
  const made = { ...roots, parent, volumes, reset };
  const migrated = new Set(volumesCarried(store, declared, made).map(({ name }) => name));
  const anew = new Set(declared.filter((volume) => beginsAnew(reset, volume)).map(({ name }) => name));
  const stored = storedVolumes(store.state, version);
  const own = declared.filter((volume) => hasOwn(store, made, volume));
  const inParent = new Set(own.map(({ name }) => name));
  const bound = bindVolumes({ version: version.id, parent, declared, stored, migrated, anew, inParent });
  requireFilled(bound.steps, roots.toFill);
  return { declared, made, ...bound };
}

/** Whether the parent uses no branch of the volume, and has something at its mount point. */
function hasOwn(store: Store, { old, parent, volumes }: Migrated, { name, mountPoint }: DeclaredVolume): boolean {
  if (parent === null || boundBranch(parent, name) !== null) return false;
  return withContentAt(store, { root: old, volumes }, mountPoint, (directory, path) =>
    holdsAnything(store.system, directory, path),
  );
}
