import { withDirectory } from '../../files/with-directory.ts';
import type { StoreKind } from '../../storage/storage-kinds.ts';
import type { System } from '../../system/system.ts';
import type { VersionInStore } from '../record-at-boot.ts';
import { withPlaceAt } from '../store-at-boot.ts';
import { addStartAnew } from './starts-anew.ts';

/**
 * Counts a start of a version that ends here, and whose machine starts anew; without the lock of the store and its ledger,
 * since what is wrong may be with these. Gives how many there were in a row, with this one. Throws Failure or SystemCallError
 * where that cannot be written.
 */
export function countStartAnew(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: VersionInStore,
  why: string,
): Promise<number> {
  return withPlaceAt(system, storeKinds, { ...store, writable: true }, ({ directory }) =>
    withDirectory(system, directory, (files) => addStartAnew(files, version, { at: system.now(), why })),
  );
}
