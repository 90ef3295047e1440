import type { LoaderChoice } from '../../boot/loader-choice.ts';
import type { BootRequest } from '../../domain/boot-request.ts';
import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { StoreKind } from '../../storage/storage-kinds.ts';
import type { System } from '../../system/system.ts';
import { readVersions } from '../../versions/records.ts';
import { withStoreToReadAt } from '../store-at-boot.ts';
import { readLoaderRecord } from './loader-record.ts';
import { loadLoader } from './with-loader.ts';

type Kinds = { readonly storeKinds: readonly StoreKind[]; readonly loaderKinds?: readonly LoaderChoice[] };

/**
 * A start that the loader has not counted could be made again without end: it is refused (case 105), and so is one of a version
 * that failed before, for which the loader has starts left: the first reason counts (case 113). Whether it was
 * counted, the kind of loader knows; a machine whose store knows of no loader is started by its operator. Throws Failure
 * `not-counted`, `failed-before`, or `no-loader` for a kind that is not among them.
 */
export async function requireCounted(
  system: System,
  { storeKinds, loaderKinds = [] }: Kinds,
  { store, version }: Pick<BootRequest, 'store' | 'version'>,
): Promise<void> {
  if (store === null) return;
  const { record, known } = await withStoreToReadAt(system, storeKinds, store, ({ files }) => {
    return { record: readLoaderRecord(files), known: readVersions(files).records.find(({ id }) => id === version) };
  });
  if (record === null) return;
  if (known?.state === 'failed') throw hasFailed(known);
  const why = (await loadLoader(loaderKinds, record.kind)).whyNotCounted(system);
  if (why === null) return;
  throw new Failure({
    code: 'not-counted',
    kind: 'failed',
    message: `Cannot start ${version}: its loader, ${record.kind}, has not counted this start: ${why}`,
    advice: 'Start it from the menu that migrate has written; migrate doctor says what is wrong with the loader',
  });
}

function hasFailed({ id, reason }: VersionRecord): Failure {
  return new Failure({
    code: 'failed-before',
    kind: 'failed',
    message: `Cannot start ${id}: it has failed before: ${reason ?? 'no reason was noted'}`,
    advice: 'Stage its image again, with migrate stage --force, or a newer one',
  });
}
