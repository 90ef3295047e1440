import type { BootRequest } from '../../domain/boot-request.ts';
import { Failure } from '../../domain/failure.ts';
import type { StoreKind } from '../../storage/storage-kinds.ts';
import type { System } from '../../system/system.ts';
import { readCommandLine } from '../read-boot-request.ts';
import { withStoreToReadAt } from '../store-at-boot.ts';
import { readLoaderRecord } from './loader-record.ts';

/**
 * A start that the loader has not counted could be made again without end: it is refused (case 105). Whether it was, the
 * loader says with `migrate.why=try`; a machine whose store knows of no loader is started by its operator. Throws Failure
 * `not-counted`.
 */
export async function requireCounted(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: Pick<BootRequest, 'store' | 'version'>,
): Promise<void> {
  if (store === null || readCommandLine(system).value('migrate.why') === 'try') return;
  const record = await withStoreToReadAt(system, storeKinds, store, ({ files }) => readLoaderRecord(files));
  if (record === null) return;
  throw new Failure({
    code: 'not-counted',
    kind: 'failed',
    message: `Cannot start ${version}: its loader, ${record.kind}, has not counted this start (migrate.why=try is not on the kernel command line)`,
    advice: 'Start it from the menu that migrate has written; migrate doctor says what is wrong with the loader',
  });
}
