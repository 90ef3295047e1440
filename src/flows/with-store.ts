import { readIdentity } from '../store/store-files.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { reachStore } from './reach-store.ts';
import { withRoot } from './with-root.ts';

/**
 * Hands on the directory of a store, whatever it is on and whatever its ledger says. Throws Failure `no-directory`,
 * `no-store` or `store-damaged`.
 */
export function withStore<Result>(system: System, directory: string, use: (store: Files) => Result): Result {
  reachStore(system, directory);
  return withRoot(system, directory, (store) => {
    readIdentity(store);
    return use(store);
  });
}
