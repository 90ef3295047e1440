import { displayPlace } from '../store/ledger-state.ts';
import { readStore } from '../store/open-store.ts';
import type { System } from '../system/system.ts';
import { objectMeant } from './object-meant.ts';
import { placeOfStore, type StoreRequest } from './place-of-store.ts';
import { type Mounted, mountObject } from './volumes/mount-object.ts';

type Request = StoreRequest & {
  /** A version, an image, or another branch or tag of the store. */
  readonly name: string;
  readonly at: string;
};

/** Mounts it read-only at an empty directory. Throws Failure `no-object`, `no-root` or `not-empty`. */
export async function mountVersion(system: System, request: Request): Promise<Mounted> {
  const place = await placeOfStore(system, request);
  const name = readStore(place, (store) => displayPlace(objectMeant(store, request.name)));
  return await mountObject(system, { ...request, name, readOnly: true });
}
