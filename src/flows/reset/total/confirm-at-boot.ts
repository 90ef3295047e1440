import { Failure } from '../../../domain/failure.ts';
import type { Reset } from '../../../domain/reset.ts';
import { type ResetRecord, resetIn } from '../../../domain/reset-states.ts';
import type { StoreKind } from '../../../storage/storage-kinds.ts';
import type { Store } from '../../../store/store.ts';
import type { System } from '../../../system/system.ts';
import { readCommandLine } from '../../read-boot-request.ts';
import type { VersionInStore } from '../../record-at-boot.ts';
import { versionCalled } from '../../staging/change-version.ts';
import { withStoreAt } from '../../store-at-boot.ts';
import { spendReserve } from '../reserve.ts';
import { readReset, writeReset } from './reset-record.ts';

/**
 * Whether a boot that is to make a version may do so: one that is a reset which destroys everything else has to have the
 * nonce of its request, which is used up by that, or was confirmed before. Gives that reset, else null. Every reset has the room
 * that is kept for it, see `keepReserve`. Throws Failure `reset-not-asked`; then nothing is made, and nothing destroyed.
 */
export async function confirmTotalAtBoot(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: VersionInStore,
): Promise<Reset | null> {
  return await withStoreAt(system, storeKinds, store, (opened) => {
    const { reset, state } = versionCalled(opened, version);
    // Whoever fell back from it uses the machine since, and is asked again.
    if (reset?.mode === 'total' && state === 'failed') throw notAsked(version, 'it has failed before');
    // A full disk is what any reset is asked for.
    if (reset !== null) spendReserve(opened.files, 'making');
    if (reset?.mode !== 'total') return null;
    confirm(opened, version);
    return reset;
  });
}

function confirm(store: Store, id: string): void {
  const record = readReset(store.files, store.system);
  if (record === null || record.version !== id) throw notAsked(id, 'the store has no such request');
  const confirmed = record.state === 'armed' ? useUp(store, record) : record;
  if (confirmed.state === 'confirmed') writeReset(store, resetIn(confirmed, 'saving'));
  else if (confirmed.state !== 'saving') throw notAsked(id, `the request is ${confirmed.state}, and its root is gone`);
}

/** Each state is on the disk before what it allows is done. */
function useUp(store: Store, record: ResetRecord): ResetRecord {
  requireNonce(store, record);
  const confirmed = resetIn(record, 'confirmed');
  writeReset(store, confirmed);
  return confirmed;
}

/** A loader that cannot forget, or an old copy of what it remembers, brings an old nonce, or none (case 101). */
function requireNonce({ system }: Store, { nonce, version }: ResetRecord): void {
  const given = readCommandLine(system).value('migrate.nonce');
  if (given === nonce) return;
  const why =
    given === null ? 'migrate.nonce= is not on the kernel command line' : 'migrate.nonce= is of another request';
  throw notAsked(version, why);
}

function notAsked(version: string, why: string): Failure {
  return new Failure({
    code: 'reset-not-asked',
    kind: 'failed',
    message: `Cannot make ${version}, which destroys everything else: ${why}`,
    advice: 'Ask for it again with migrate reset total, or from the Recovery menu',
  });
}
