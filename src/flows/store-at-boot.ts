import type { StoreLocation } from '../domain/boot-request.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import { changeStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { runDirectory } from './boot-records.ts';
import { placeOfStore } from './place-of-store.ts';

/** Mounts the store of a boot's request, hands it on to change, and unmounts it. */
export async function withStoreAt<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  { device, path }: StoreLocation,
  change: (store: Store) => Result,
): Promise<Result> {
  const { mounts } = system;
  const top = `${runDirectory}/store-top`;
  mounts.mount({ device, subvolume: null }, top, { writable: true, top: true });
  try {
    return changeStore(await placeOfStore(system, { directory: `${top}/${path}`, storeKinds }), change);
  } finally {
    mounts.unmount(top);
  }
}
