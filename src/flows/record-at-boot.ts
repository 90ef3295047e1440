import type { StoreLocation } from '../domain/boot-request.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';
import { systemVolume, type VersionRecord, type VersionState } from '../domain/version.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import { adoptObject } from '../store/adopt-object.ts';
import { noSuch, objectAt, volumeNamed } from '../store/ledger-state.ts';
import { makeObject } from '../store/make-object.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { writeVersion } from '../versions/records.ts';
import { withTry } from '../versions/states.ts';
import { endStartsAnew } from './health/starts-anew.ts';
import { forgetTotalOf } from './reset/total/arm-total.ts';
import { changeState, holdAll, systemPlace, versionCalled } from './staging/change-version.ts';
import { withStoreAt } from './store-at-boot.ts';

/** What a boot does with its version, for the store to know. */
export type BootStep =
  | { readonly kind: 'migrating' }
  /** Its root is committed; by this boot or by an earlier one that did not come to say so. */
  | { readonly kind: 'committed' }
  | { readonly kind: 'failed'; readonly reason: string };

/** A version, and the store that has its record. */
export type VersionInStore = { readonly store: StoreLocation; readonly version: string };

/**
 * Writes into the store of the request what this boot does. What cannot be written is returned as a message: the machine
 * boots all the same, and a root that is committed stays so (case 111).
 */
export async function recordAtBoot(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: VersionInStore,
  step: BootStep,
): Promise<string | null> {
  try {
    await withStoreAt(system, storeKinds, store, (opened) => record(opened, version, step));
    return null;
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return `the store does not know that ${version} is ${step.kind}: ${error.message}`;
  }
}

function record(store: Store, id: string, step: BootStep): void {
  const version = versionCalled(store, id);
  if (step.kind === 'migrating') recordMigrating(store, version);
  else if (step.kind === 'committed') recordCommitted(store, version);
  else recordFailed(store, version, step.reason);
}

/** The states by which a version that a boot makes comes to `migrating`; whoever boots a failed one has it made anew. */
const toMigrating: Readonly<Record<VersionState, readonly VersionState[]>> = {
  staged: ['prepared', 'armed', 'migrating'],
  prepared: ['armed', 'migrating'],
  armed: ['migrating'],
  migrating: ['migrating'],
  waiting: ['migrating'],
  failed: ['staged', 'prepared', 'armed', 'migrating'],
  // Its root is there: it is not made again.
  ...{ trial: [], good: [], retired: [] },
};

function recordMigrating(store: Store, version: VersionRecord): void {
  const states = toMigrating[version.state];
  if (states.length === 0) throw rootIsGone(version);
  changeState(store, withTry(version), states, 'a boot begins to make it');
}

/** Each part is done once, whichever boot comes to do it. */
function recordCommitted(store: Store, version: VersionRecord): void {
  const volume = volumeNamed(store.state, systemVolume);
  if (volume === null) throw noSuch(`the volume ${systemVolume}`);
  const image = objectAt(store.state, systemPlace('tag', version.image))?.record ?? null;
  const root = adoptObject(store, { volume, kind: 'branch', name: version.branch, from: image });
  const born = `born-${version.id}`;
  if (objectAt(store.state, systemPlace('tag', born)) === null) {
    const notes = { purpose: 'born' };
    makeObject(store, { volume, kind: 'tag', name: born, from: root, notes, withoutNested: true });
  }
  holdAll(store, { ...version, born });
  const isMade = ['trial', 'good', 'retired', 'failed'].includes(version.state);
  if (isMade) writeVersion(store.files, { ...withTry(version), born });
  else changeState(store, { ...version, born }, [...beforeEnd(version), 'trial'], 'its root is committed');
  endStartsAnew(store.files, version.id);
}

/** Said again, it changes nothing: the first reason is the one that counts (case 113). */
export function recordFailed(store: Store, version: VersionRecord, reason: string): void {
  if (version.state !== 'failed') {
    forgetTotalOf(store, version);
    changeState(store, version, [...beforeEnd(version), 'failed'], reason);
  }
  endStartsAnew(store.files, version.id);
}

/** What a version comes through before a boot that was to make it ends. */
function beforeEnd({ state }: VersionRecord): readonly VersionState[] {
  return state === 'migrating' ? [] : toMigrating[state];
}

function rootIsGone({ id, state }: VersionRecord): Failure {
  return new Failure({
    code: 'state',
    kind: 'failed',
    message: `${id} is ${state}, and yet a boot makes it: its root is not where it was`,
  });
}
