import { createStore } from '../../store/create-store.ts';
import type { StoreIdentity } from '../../store/identity.ts';
import type { System } from '../../system/system.ts';
import { loadKind, type StoreRequest } from '../place-of-store.ts';

type Request = StoreRequest & {
  readonly backend: string;
  /** What the machine is to be called in names of branches; else its host name. */
  readonly host: string | null;
};

/** Makes a directory a store. Throws Failure `no-backend`, and those of `createStore`. */
export async function makeStore(
  system: System,
  { directory, storeKinds, backend, host }: Request,
): Promise<StoreIdentity> {
  const kind = await loadKind(storeKinds, backend);
  return createStore(system, system.directory(directory), { kind, host: host ?? hostName(system) });
}

/** What the machine calls itself. */
export function hostName({ readFile }: System): string {
  return readFile('/proc/sys/kernel/hostname').trim();
}
