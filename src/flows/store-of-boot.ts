import type { BootRequest } from '../domain/boot-request.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import type { OldVolumes, RootsToMigrate } from './old-volumes.ts';
import type { RootsToBind } from './plan-bindings.ts';
import type { BootStep } from './record-at-boot.ts';

/** A boot that may have no store: then nothing is to be done, and the code of stores is not even loaded. */
type Request = Pick<BootRequest, 'store' | 'version'>;

/** Refuses a start that a loader should have counted; see `requireCounted`. */
export async function requireCountedStart(
  system: System,
  storeKinds: readonly StoreKind[],
  request: Request,
): Promise<void> {
  if (request.store === null) return;
  const { requireCounted } = await import('./loader/require-counted.ts');
  await requireCounted(system, storeKinds, request);
}

/** Has the store know what this boot does with its version; see `recordAtBoot`. */
export async function recordInStore(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: Request,
  step: BootStep,
): Promise<string | null> {
  if (store === null) return null;
  const { recordAtBoot } = await import('./record-at-boot.ts');
  return await recordAtBoot(system, storeKinds, { store, version }, step);
}

/** Hands on the volumes of the version whose state is taken over; see `withOldVolumes`. */
export async function withVolumesOfStore<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: Request,
  roots: RootsToMigrate,
  use: (volumes: OldVolumes) => Result,
): Promise<Result> {
  if (store === null) return use({ parts: [], migrated: [] });
  const { oldVolumesAtBoot } = await import('./old-volumes-at-boot.ts');
  return await oldVolumesAtBoot(system, storeKinds, { store, version }, roots, use);
}

/** Gives the version that is being made its volumes; see `bindVolumesAtBoot`. */
export async function bindVolumesOfStore(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: Request,
  roots: RootsToBind,
): Promise<string[]> {
  if (store === null) return [];
  const { bindVolumesAtBoot } = await import('./bind-volumes-at-boot.ts');
  return await bindVolumesAtBoot(system, storeKinds, { store, version }, roots);
}
