import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { runningVersionOf } from '../running-version.ts';
import { changeState, versionCalled } from './change-version.ts';

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
  return changeStore(place, (store) => {
    const version = id === null ? running(store) : versionCalled(store, id);
    const good = version.state === 'good' ? version : changeState(store, version, ['good'], 'it has proven itself');
    // After a crash in between there are two that are good; saying it again retires the other.
    const others = readWholeVersions(store.files).filter((other) => other.state === 'good' && other.id !== version.id);
    for (const other of others) changeState(store, other, ['retired'], `${version.id} is good`);
    return { version: good, retired: others.map(({ id: other }) => other), changed: good !== version };
  });
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
