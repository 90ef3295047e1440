import { displayBytes } from '../domain/bytes.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { carryOutBindings } from '../versions/carry-out-bindings.ts';
import { writeVersion } from '../versions/records.ts';
import { fillFromRoot, fillFromVersion } from './fill-volume.ts';
import type { TakenOver } from './old-volumes-at-boot.ts';
import { notesOfMoved } from './old-volumes-carried.ts';
import { planBindings, type RootsToBind } from './plan-bindings.ts';
import { versionCalled } from './staging/change-version.ts';
import { mountVolumesIn } from './staging/mount-volumes.ts';
import { withStoreAt } from './store-at-boot.ts';
import { withRoot } from './with-root.ts';

/**
 * Gives the version that is being made its volumes, before its root is committed: those that its root declares, per
 * version or shared, and the units that mount them. The old system does not run any more, so nothing that is written to
 * its volumes is lost. Returns what a person should hear of. Throws Failure.
 */
export async function bindVolumesAtBoot(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version, withOld = true }: TakenOver,
  roots: RootsToBind,
): Promise<string[]> {
  return await withStoreAt(system, storeKinds, store, (opened) => bind(opened, { id: version, withOld }, roots));
}

type Bound = { readonly id: string; readonly withOld: boolean };

function bind(store: Store, { id, withOld }: Bound, roots: RootsToBind): string[] {
  const { system } = store;
  const { old, result } = roots;
  const version = versionCalled(store, id);
  const parent = version.parent === null || !withOld ? null : versionCalled(store, version.parent);
  const { declared, made, bindings, steps, undeclared } = withRoot(system, result, (root) =>
    planBindings(store, { version, parent }, roots, root),
  );
  const { volumes } = made;
  const notCopied: string[] = [];
  carryOutBindings(store, { version, steps }, ({ root, path }, directory) => {
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
