import { Failure } from '../domain/failure.ts';
import type { BackendKind } from '../storage/backend.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { StorePlace } from '../store/open-store.ts';
import { readIdentity } from '../store/store-files.ts';
import type { System } from '../system/system.ts';
import { reachStore } from './reach-store.ts';
import { withRoot } from './with-root.ts';

/** Where a store lies, as a command was told, and what stores can be on. */
export type StoreRequest = { readonly directory: string; readonly storeKinds: readonly StoreKind[] };

/** What the flows of a store take. */
export type ReachedStore = StorePlace;

/** A store with the kind of storage that it is on loaded. Throws Failure `no-directory`, `no-store` or `store-damaged`. */
export async function placeOfStore(system: System, { directory, storeKinds }: StoreRequest): Promise<StorePlace> {
  reachStore(system, directory);
  const { backend } = withRoot(system, directory, readIdentity);
  const kind = (await storeKinds.find(({ name }) => name === backend)?.load()) ?? null;
  return {
    system,
    directory: system.directory(directory),
    findKind: (name) => (name === kind?.name ? kind : null),
  };
}

/** The kind of storage of that name. Throws Failure `no-backend`. */
export async function loadKind(storeKinds: readonly StoreKind[], wanted: string): Promise<BackendKind> {
  const kind = await storeKinds.find(({ name }) => name === wanted)?.load();
  if (kind !== undefined) return kind;
  const names = storeKinds.map(({ name }) => name).join(', ');
  throw new Failure({
    code: 'no-backend',
    kind: 'input',
    message: `Cannot keep a store on "${wanted}": that is none of ${names}`,
  });
}
