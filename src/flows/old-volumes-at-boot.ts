import type { StoreKind } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { type OldVolumes, type RootsToMigrate, withOldVolumes } from './old-volumes.ts';
import type { VersionInStore } from './record-at-boot.ts';
import { versionCalled } from './staging/change-version.ts';
import { withStoreToReadAt } from './store-at-boot.ts';

/** Hands on the volumes of the parent of the version that a boot makes; see `withOldVolumes`. */
export async function oldVolumesAtBoot<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version: id }: VersionInStore,
  roots: RootsToMigrate,
  use: (volumes: OldVolumes) => Result,
): Promise<Result> {
  return await withStoreToReadAt(system, storeKinds, store, (opened) => {
    const version = versionCalled(opened, id);
    const parent = version.parent === null ? null : versionCalled(opened, version.parent);
    return withOldVolumes(opened, { version, parent }, roots, use);
  });
}
