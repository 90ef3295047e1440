import { createStore } from '../../store/create-store.ts';
import type { StoreIdentity } from '../../store/identity.ts';
import type { System } from '../../system/system.ts';
import { loadKind, type StoreRequest } from '../place-of-store.ts';

type Request = StoreRequest & {
  readonly backend: string;
  /** What the machine is to be called in names of branches; else its host name. */
  readonly host: string | null;
  /** Where native objects are to lie, for kinds of storage that do not keep them in the store's own filesystem. */
  readonly pool: string | undefined;
};

/** Makes a directory a store. Throws Failure `no-backend`, and those of `createStore`. */
export async function makeStore(
  system: System,
  { directory, storeKinds, backend, host, pool }: Request,
): Promise<StoreIdentity> {
  const kind = await loadKind(storeKinds, backend);
  return createStore(system, system.directory(directory), { kind, host: host ?? hostName(system), pool });
}

/** What the machine calls itself. */
export function hostName({ readFile }: System): string {
  return readFile('/proc/sys/kernel/hostname').trim();
}
