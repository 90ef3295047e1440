import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { transition } from '../../versions/states.ts';
import { runningVersionOf } from '../running-version.ts';
import { changeState, occasionOf, versionCalled } from './change-version.ts';

/** What became of it; `retired` are the versions that it takes the place of. */
export type MarkedGood = {
  readonly version: VersionRecord;
  readonly retired: readonly string[];
  readonly changed: boolean;
};

/**
 * Says that a version has proven itself: from then on it is the one to go back to, and the ones before it are retired.
 * `id` is null for the version that runs. Throws Failure `no-version` or `state`.
 */
export function markGood(place: StorePlace, id: string | null): MarkedGood {
  return changeStore(place, (store) => markGoodIn(store, versionToMark(store, id)));
}

const proven = 'it has proven itself';

/** The same in a store that is open for a change. Throws Failure `state`. */
export function markGoodIn(store: Store, version: VersionRecord): MarkedGood {
  const good = version.state === 'good' ? version : changeState(store, version, ['good'], proven);
  // After a crash in between there are two that are good; saying it again retires the other.
  const others = readWholeVersions(store.files).filter((other) => other.state === 'good' && other.id !== version.id);
  for (const other of others) changeState(store, other, ['retired'], `${version.id} is good`);
  return { version: good, retired: others.map(({ id }) => id), changed: good !== version };
}

/** The records as they are to be once that version is marked good; writes none. Throws Failure `state`. */
export function recordsOnceGood(store: Store, id: string): VersionRecord[] {
  return readWholeVersions(store.files).map((record) => {
    if (record.id === id)
      return record.state === 'good' ? record : transition(record, 'good', occasionOf(store, proven));
    return record.state === 'good' ? transition(record, 'retired', occasionOf(store, `${id} is good`)) : record;
  });
}

/** The version of that id, or the one that runs, if it is on trial or was good. Throws Failure `no-version` or `state`. */
export function versionToMark(store: Store, id: string | null): VersionRecord {
  const version = id === null ? running(store) : versionCalled(store, id);
  // Nobody is told that it is good before the store could say so as well.
  if (version.state !== 'good') transition(version, 'good', occasionOf(store, proven));
  return version;
}

function running({ system, files }: Store): VersionRecord {
  const version = runningVersionOf(system, readWholeVersions(files));
  if (version !== null) return version;
  throw new Failure({
    code: 'no-version',
    kind: 'input',
    message: 'Cannot tell which version is good: this machine runs no version of the store',
    advice: 'Name it: migrate mark-good VERSION',
  });
}
