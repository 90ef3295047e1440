import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { runningVersionOf } from '../running-version.ts';
import { requireLocation } from './boot-of-version.ts';
import { versionCalled } from './change-version.ts';

/**
 * Whether a version could be staged now, before its image is unpacked, which takes minutes. `parent` is null for the
 * version that runs. Throws Failure `no-version`, `unproven` or `cannot-boot`.
 */
export function requireStageable(place: StorePlace, parent: string | null): void {
  readStore(place, (store) => {
    const { id, branch } = parentFor(store, parent);
    requireProven(store);
    requireLocation(store, `a version with the state of ${id}`, branch);
  });
}

/** The version of that id, or the one that runs, as the one whose state is taken over. Throws Failure `no-version`. */
export function parentFor(store: Store, id: string | null): VersionRecord {
  if (id !== null) return versionCalled(store, id);
  const running = runningVersionOf(store.system, readWholeVersions(store.files));
  if (running !== null) return running;
  throw new Failure({
    code: 'no-version',
    kind: 'input',
    message: 'Cannot tell whose state the new version takes over: this machine runs no version of the store',
    advice: 'Name it with --parent VERSION; or put this machine into the store with migrate init',
  });
}

/** A version that a boot has begun to make must first prove itself or fail. Throws Failure `unproven`. */
export function requireProven({ files }: Store): void {
  const begun = readWholeVersions(files).find(
    ({ state }) => state === 'migrating' || state === 'waiting' || state === 'trial',
  );
  if (begun !== undefined) throw unproven(begun);
}

/** Of another version than the one that is to come. */
export function unproven({ id, state }: VersionRecord): Failure {
  return new Failure({
    code: 'unproven',
    kind: 'failed',
    message: `Cannot go to another version: ${id} is ${state === 'trial' ? 'on trial' : state}, and has not proven itself yet`,
    advice: `Boot it, and say that it is good with migrate mark-good; or leave it with migrate rollback --from ${id}`,
  });
}
