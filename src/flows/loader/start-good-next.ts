import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { StoreLocation } from '../../domain/boot-request.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { StoreKind } from '../../storage/storage-kinds.ts';
import type { System } from '../../system/system.ts';
import { readVersions } from '../../versions/records.ts';
import { withStoreToReadAt } from '../store-at-boot.ts';
import { readLoaderRecord } from './loader-record.ts';
import { loadLoader } from './with-loader.ts';

type Kinds = { readonly storeKinds: readonly StoreKind[]; readonly loaderKinds: readonly LoaderChoice[] };

/**
 * After a failure that only another start leads back from: a loader that has not counted this one would make it again, and so
 * without end (case 105). It is told to start the good version. Gives why that could not be done; null where it was, or where
 * the loader comes back by itself.
 */
export async function startGoodNext(
  system: System,
  { storeKinds, loaderKinds }: Kinds,
  location: StoreLocation,
): Promise<string | null> {
  try {
    const { record, good } = await withStoreToReadAt(system, storeKinds, location, ({ files }) => ({
      record: readLoaderRecord(files),
      good: readVersions(files).records.findLast(({ state, removing }) => state === 'good' && !removing),
    }));
    if (record === null || good === undefined) return null;
    const { startNext, whyNotCounted } = await loadLoader(loaderKinds, record.kind);
    if (startNext !== undefined && whyNotCounted(system) !== null) startNext(system, good.id);
    return null;
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return `the loader may start this again: ${error.message}`;
  }
}
