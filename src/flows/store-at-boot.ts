import type { StoreLocation } from '../domain/boot-request.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import { changeStore, readStore, type StorePlace } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { runDirectory } from './boot-records.ts';
import { placeOfStore } from './place-of-store.ts';

/** Mounts the store of a boot's request, hands it on to change, and unmounts it. */
export function withStoreAt<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  location: StoreLocation,
  change: (store: Store) => Result,
): Promise<Result> {
  return withPlaceAt(system, storeKinds, { ...location, writable: true }, (place) => changeStore(place, change));
}

/** The same to look at, mounted read-only. */
export function withStoreToReadAt<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  location: StoreLocation,
  use: (store: Store) => Result,
): Promise<Result> {
  return withPlaceAt(system, storeKinds, { ...location, writable: false }, (place) => readStore(place, use));
}

/** Mounts a store, hands on where it lies, and unmounts it; where `use` returns a promise, when that is settled. */
export async function withPlaceAt<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  { device, path, writable }: StoreLocation & { readonly writable: boolean },
  use: (place: StorePlace) => Result | Promise<Result>,
): Promise<Result> {
  const { mounts } = system;
  const top = `${runDirectory}/store-top`;
  mounts.mount({ device, subvolume: null }, top, { writable, top: true });
  try {
    return await use(await placeOfStore(system, { directory: `${top}/${path}`, storeKinds }));
  } finally {
    mounts.unmount(top);
  }
}
