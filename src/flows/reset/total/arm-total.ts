import { Failure } from '../../../domain/failure.ts';
import { isDestroying, isGoingOn, type Loss, type ResetRecord } from '../../../domain/reset-states.ts';
import type { VersionRecord } from '../../../domain/version.ts';
import { changeStore, type StorePlace } from '../../../store/open-store.ts';
import type { Store } from '../../../store/store.ts';
import { readWholeVersions } from '../../../versions/records.ts';
import { pendingTotal } from './pending-total.ts';
import { readReset, removeReset, writeReset } from './reset-record.ts';

/** What is said of a reset that is asked for. */
export type Arming = {
  readonly losses: readonly Loss[];
  /** Whether somebody at the console has typed the word already: then no nonce is asked for. */
  readonly isConfirmed: boolean;
};

/**
 * Asks for a reset that destroys everything but a version, which is staged for that. Without this record no boot makes the
 * version, or destroys anything. Throws Failure `reset-goes-on`.
 */
export function armTotal(
  place: StorePlace,
  { id, reset }: VersionRecord,
  { losses, isConfirmed }: Arming,
): ResetRecord {
  if (reset?.mode !== 'total') throw new TypeError(`${id} is no reset that destroys anything`);
  return changeStore(place, (store) => {
    requireNoTotal(store);
    const { system } = store;
    const record: ResetRecord = {
      ...{ version: id, nonce: system.newUuid(), keep: reset.keep, losses, at: system.now() },
      state: isConfirmed ? 'confirmed' : 'armed',
    };
    writeReset(store, record);
    return record;
  });
}

/**
 * Whatever is staged while a reset goes on would be destroyed by it. One that is armed only can be replaced. Throws Failure
 * `reset-goes-on`.
 */
export function requireNoTotal(store: Store): void {
  const record = pendingTotal(store);
  if (record === null || !isGoingOn(record)) return;
  // A boot has not begun it, and may never.
  const version = readWholeVersions(store.files).find(({ id }) => id === record.version);
  if (version?.state === 'armed') return;
  throw goesOn(record);
}

/** The same for whoever leaves what has begun: only what is destroyed already is never left. Throws Failure `reset-goes-on`. */
export function requireNoDestroying(store: Store): void {
  const record = pendingTotal(store);
  if (record !== null && isDestroying(record)) throw goesOn(record);
}

/**
 * Forgets the request, as long as nothing is destroyed; the version that was staged for it is the caller's to drop. Gives the id of that, null where
 * nothing was asked for. Throws Failure `reset-goes-on`.
 */
export function cancelTotal(store: Store): string | null {
  const record = readOrDamaged(store);
  if (record === 'damaged') {
    removeReset(store.files);
    return null;
  }
  if (record === null || record.state === 'done') return null;
  if (isDestroying(record)) throw goesOn(record);
  removeReset(store.files);
  return record.version;
}

/** Whether there is a record that nobody can read, which `cancelTotal` drops. */
export function isTotalDamaged(store: Store): boolean {
  return readOrDamaged(store) === 'damaged';
}

/** Forgets the request of a version that is to be no more, or has failed: another may have its id. What destroys goes on. */
export function forgetTotalOf(store: Store, { id, reset }: Pick<VersionRecord, 'id' | 'reset'>): void {
  if (reset?.mode !== 'total') return;
  const record = readOrDamaged(store);
  if (record === null || record === 'damaged' || record.version !== id || isDestroying(record)) return;
  removeReset(store.files);
}

/** A record that cannot be read destroys nothing, and can be given up. */
function readOrDamaged({ files, system }: Store): ResetRecord | null | 'damaged' {
  try {
    return readReset(files, system);
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'reset-record') throw error;
    return 'damaged';
  }
}

function goesOn({ version, state }: ResetRecord): Failure {
  return new Failure({
    code: 'reset-goes-on',
    kind: 'failed',
    message: `Cannot do this while everything but ${version} is being destroyed: that reset is ${state}`,
    advice: `Restart into ${version}, which goes on with it`,
  });
}
