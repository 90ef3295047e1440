import { isDestroying } from '../../../domain/reset-states.ts';
import type { StoreKind } from '../../../storage/storage-kinds.ts';
import { readStore } from '../../../store/open-store.ts';
import type { System } from '../../../system/system.ts';
import type { VersionInStore } from '../../record-at-boot.ts';
import { withPlaceAt } from '../../store-at-boot.ts';
import { readReset } from './reset-record.ts';

/** Whether a reset of that store has begun to destroy what it had before. Throws Failure or SystemCallError where that cannot be told. */
export async function destroysAtBoot(
  system: System,
  storeKinds: readonly StoreKind[],
  { store }: Pick<VersionInStore, 'store'>,
): Promise<boolean> {
  return await withPlaceAt(system, storeKinds, { ...store, writable: false }, (place) =>
    readStore(place, ({ files, system: own }) => {
      const record = readReset(files, own);
      return record !== null && isDestroying(record);
    }),
  );
}
