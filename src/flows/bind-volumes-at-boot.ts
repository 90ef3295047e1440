import { displayBytes } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { boundBranch, type VersionRecord } from '../domain/version.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { bindVolumes } from '../versions/bind-volumes.ts';
import { carryOutBindings, storedVolumes } from '../versions/carry-out-bindings.ts';
import { writeVersion } from '../versions/records.ts';
import { type BoundVolume, boundVolumes, declaredIn, isOfVersion } from './bound-volumes.ts';
import { fillFromRoot, fillFromVersion, requireMountPoint, volumeAbove } from './fill-volume.ts';
import { ignoredMountPoint, type VolumeInRoot } from './old-volumes.ts';
import type { VersionInStore } from './record-at-boot.ts';
import { versionCalled } from './staging/change-version.ts';
import { mountVolumesIn } from './staging/mount-volumes.ts';
import { withStoreAt } from './store-at-boot.ts';
import { withRoot } from './with-root.ts';

/** Where the roots of a migration are mounted, and what was migrated with them. */
export type RootsAtBoot = {
  readonly old: string;
  readonly result: string;
  /** Volumes of the parent's whose new content is in the result now, and where. */
  readonly migrated: readonly VolumeInRoot[];
};

/**
 * Gives the version that is being made its volumes, before its root is committed: those that its root declares, per
 * version or shared, and the units that mount them. The old system does not run any more, so nothing that is written to
 * its volumes is lost. Returns what a person should hear of. Throws Failure.
 */
export async function bindVolumesAtBoot(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: VersionInStore,
  roots: RootsAtBoot,
): Promise<string[]> {
  return await withStoreAt(system, storeKinds, store, (opened) => bind(opened, version, roots));
}

function bind(store: Store, id: string, roots: RootsAtBoot): string[] {
  const { system } = store;
  const { old, result } = roots;
  const declared = declaredIn(system, result);
  withRoot(system, result, (root) => {
    for (const { mountPoint } of declared) requireMountPoint(root, mountPoint);
  });
  const version = versionCalled(store, id);
  const parent = version.parent === null ? null : versionCalled(store, version.parent);
  const volumes = parent === null ? [] : boundVolumes(store, parent, old);
  const migrated = new Set(migratedOf(system, declared, { roots, parent, volumes }).map((volume) => volume.name));
  const stored = storedVolumes(store.state, id);
  const { bindings, steps, undeclared } = bindVolumes({ version: id, parent, declared, stored, migrated });
  carryOutBindings(store, { version: id, steps }, ({ root, path }, directory) => {
    if (root === 'new') fillFromRoot(system, result, path, directory);
    else fillFromVersion(store, { root: old, volumes }, path, directory);
  });
  writeVersion(store.files, { ...version, bindings });
  withRoot(system, result, (root) => mountVolumesIn(store, root, { id, bindings }, declared));
  return [
    ...declared.map(
      ({ name, mountPoint }) => `volume ${name}: branch ${bindings[name]} at ${displayBytes(mountPoint)}`,
    ),
    ...undeclared.map((name) => `volume ${name} is declared no more, and nothing mounts it`),
  ];
}

type Before = {
  readonly roots: RootsAtBoot;
  readonly parent: VersionRecord | null;
  /** What the parent mounts. */
  readonly volumes: readonly BoundVolume[];
};

/**
 * Those whose new content the migration has made in the new root: volumes of the parent's that were migrated, as long as
 * they stay where they were, and those that are declared for the first time, where what they are to hold lay in the old
 * root or in such a volume.
 */
function migratedOf(
  system: System,
  declared: readonly DeclaredVolume[],
  { roots: { old, result, migrated }, parent, volumes }: Before,
): DeclaredVolume[] {
  const isMigrated = (name: string): boolean => migrated.some((volume) => volume.name === name);
  const first = declared.filter((volume) => isOfVersion(volume) && !isBound(parent, volume));
  const isLeft = first.length === 0 ? () => true : ignoredMountPoint(system, { old, new: result });
  return declared.filter((volume) => {
    const { name, mountPoint } = volume;
    if (!first.includes(volume)) {
      return migrated.some((before) => before.name === name && before.mountPoint === mountPoint);
    }
    const above = volumeAbove(volumes, mountPoint);
    return (above === null || isMigrated(above.volume.name)) && !isLeft(volume);
  });
}

function isBound(parent: VersionRecord | null, { name }: DeclaredVolume): boolean {
  return parent !== null && boundBranch(parent, name) !== null;
}
