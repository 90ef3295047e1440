import type { ResetRecord } from '../../../domain/reset-states.ts';
import type { StoreKind } from '../../../storage/storage-kinds.ts';
import { readStore } from '../../../store/open-store.ts';
import type { System } from '../../../system/system.ts';
import type { VersionInStore } from '../../record-at-boot.ts';
import { withPlaceAt } from '../../store-at-boot.ts';
import { readReset } from './reset-record.ts';

/** The reset of that store that destroys everything else; null where there is none. Throws Failure or SystemCallError where that cannot be told. */
export async function readResetAtBoot(
  system: System,
  storeKinds: readonly StoreKind[],
  { store }: Pick<VersionInStore, 'store'>,
): Promise<ResetRecord | null> {
  return await withPlaceAt(system, storeKinds, { ...store, writable: false }, (place) =>
    readStore(place, ({ files, system: own }) => readReset(files, own)),
  );
}
