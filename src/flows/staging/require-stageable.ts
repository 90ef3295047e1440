import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { objectAt } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { requireNoTotal } from '../reset/total/arm-total.ts';
import { runningVersionOf } from '../running-version.ts';
import { requireLocation } from './boot-of-version.ts';
import { systemPlace, versionCalled } from './change-version.ts';

/**
 * Whether a version could be staged now, before its image is unpacked, which takes minutes. `parent` is null for the
 * version that runs; `option` names another one on the command line. Throws Failure `no-version`, `unproven` or `cannot-boot`.
 */
export function requireStageable(place: StorePlace, parent: string | null, option = '--parent'): void {
  readStore(place, (store) => {
    const { id, branch } = parentFor(store, parent, option);
    requireProven(store);
    requireLocation(store, `a version with the state of ${id}`, branch);
  });
}

/** The version of that id, or the one that runs, as the one whose state is taken over. Throws Failure `no-version`. */
export function parentFor(store: Store, id: string | null, option = '--parent'): VersionRecord {
  if (id !== null) return versionCalled(store, id);
  const running = runningVersionOf(store.system, readWholeVersions(store.files));
  if (running !== null) return running;
  throw new Failure({
    code: 'no-version',
    kind: 'input',
    message: 'Cannot tell whose state the new version takes over: this machine runs no version of the store',
    advice: `Name it with ${option} VERSION; or put this machine into the store with migrate init`,
  });
}

/**
 * A version that a boot has begun to make must first prove itself or fail, and a reset that destroys everything else come to its
 * end. Throws Failure `unproven` or `reset-goes-on`.
 */
export function requireProven(store: Store): void {
  requireNoTotal(store);
  const begun = readWholeVersions(store.files).find(
    ({ state }) => state === 'migrating' || state === 'waiting' || state === 'trial',
  );
  if (begun !== undefined) throw unproven(begun);
}

/**
 * An image of which a version has failed is not tried again by itself: an updater would offer it for ever (case 106). It is
 * the same by its name, or by the digest of what it came from. Throws Failure `failed-before`.
 */
export function requireNotFailed({ files, state }: Store, image: ObjectRecord): void {
  const digestOf = ({ notes }: ObjectRecord): string | undefined => notes['digest'];
  const isSame = (name: string): boolean => {
    const other = objectAt(state, systemPlace('tag', name))?.record;
    return (
      name === image.name ||
      (other !== undefined && digestOf(other) !== undefined && digestOf(other) === digestOf(image))
    );
  };
  const failed = readWholeVersions(files).findLast((version) => version.state === 'failed' && isSame(version.image));
  if (failed !== undefined) throw failedBefore(failed);
}

function failedBefore({ id, image, reason }: VersionRecord): Failure {
  return new Failure({
    code: 'failed-before',
    kind: 'failed',
    message: `Cannot stage ${image} again: ${id}, which was made of it, has failed: ${reason ?? 'no reason was noted'}`,
    advice: 'Stage a newer image, or this one all the same with --force',
  });
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
