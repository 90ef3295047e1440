import type { Reset } from '../domain/reset.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { type OldVolumes, withOldVolumes } from './old-volumes.ts';
import type { VersionInStore } from './record-at-boot.ts';
import { versionCalled } from './staging/change-version.ts';
import { withStoreToReadAt } from './store-at-boot.ts';
import type { RootsToMigrate } from './version-to-make.ts';

/** What the store says that a migration at boot carries: volumes, and only what a reset keeps where the version is one. */
export type CarriedAtBoot = OldVolumes & { readonly reset: Reset | undefined };

/** False where its parent is not looked at, damaged as it is: then the version takes nothing over. */
export type TakenOver = VersionInStore & { readonly withOld?: boolean };

/** Hands on what the version that a boot makes carries; see `withOldVolumes`. */
export async function oldVolumesAtBoot<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version: id, withOld = true }: TakenOver,
  roots: RootsToMigrate,
  use: (carried: CarriedAtBoot) => Result,
): Promise<Result> {
  return await withStoreToReadAt(system, storeKinds, store, (opened) => {
    const version = versionCalled(opened, id);
    const parent = version.parent === null || !withOld ? null : versionCalled(opened, version.parent);
    const reset = version.reset ?? undefined;
    return withOldVolumes(opened, { version, parent }, roots, (volumes) => use({ ...volumes, reset }));
  });
}
