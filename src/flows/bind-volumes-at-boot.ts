import { displayBytes } from '../domain/bytes.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { bindVolumes } from '../versions/bind-volumes.ts';
import { carryOutBindings, storedVolumes } from '../versions/carry-out-bindings.ts';
import { writeVersion } from '../versions/records.ts';
import { boundVolumes, declaredIn } from './bound-volumes.ts';
import { fillFromRoot, fillFromVersion, requireMountPoint } from './fill-volume.ts';
import type { VolumeInRoot } from './old-volumes.ts';
import { notesOfMoved, volumesCarried } from './old-volumes-carried.ts';
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
  const made = { ...roots, parent, volumes };
  const migrated = new Set(volumesCarried(store, declared, made).map(({ name }) => name));
  const stored = storedVolumes(store.state, id);
  const { bindings, steps, undeclared } = bindVolumes({ version: id, parent, declared, stored, migrated });
  const notCopied: string[] = [];
  carryOutBindings(store, { version: id, steps }, ({ root, path }, directory) => {
    if (root === 'new') notCopied.push(...fillFromRoot(system, result, path, directory));
    else notCopied.push(...fillFromVersion(store, { root: old, volumes }, path, directory));
  });
  writeVersion(store.files, { ...version, bindings });
  withRoot(system, result, (root) => mountVolumesIn(store, root, { id, bindings }, declared));
  return [
    ...declared.map(
      ({ name, mountPoint }) => `volume ${name}: branch ${bindings[name]} at ${displayBytes(mountPoint)}`,
    ),
    ...notesOfMoved(declared, made),
    ...notCopied.map((note) => `in a new branch, ${note}`),
    ...undeclared.map((name) => `volume ${name} is declared no more, and nothing mounts it`),
  ];
}
