import { errorCode } from '../../../domain/failure.ts';
import { childOf, type RootPath } from '../../../domain/path.ts';
import type { VersionRecord } from '../../../domain/version.ts';
import type { ObjectRecord, Place } from '../../../domain/volume.ts';
import { releaseObject } from '../../../store/hold.ts';
import { objectAt, objectsIn, placeOf } from '../../../store/ledger-state.ts';
import { forgetVolume } from '../../../store/make-volume.ts';
import { removeObject } from '../../../store/remove-object.ts';
import type { Store } from '../../../store/store.ts';
import { storePaths, volumesPath } from '../../../store/store-files.ts';
import { readReplaced, readWholeVersions, removeVersion, writeVersion } from '../../../versions/records.ts';
import { type LeftOver, removeInRounds } from '../../../versions/remove-in-rounds.ts';
import { loaderPath } from '../../loader/loader-record.ts';
import { loaderLock } from '../../loader/with-loader.ts';
import { releaseAll } from '../../staging/change-version.ts';
import { unfinishedRoots } from '../../staging/unfinished-roots.ts';
import { emptyFilesystem } from './empty-filesystem.ts';
import { removeBelow } from './remove-below.ts';
import { resetPath } from './reset-record.ts';
import { isOriginOf, objectsThatGo } from './what-goes.ts';

/** What of the store's own files stays: what it is, what happened to its objects, and what starts the machine. */
const files: ReadonlySet<RootPath> = new Set<RootPath>([
  ...Object.values(storePaths),
  ...[volumesPath, loaderPath, loaderLock, resetPath],
]);
const versionsPath: RootPath = '/versions';

/**
 * Destroys all that a store holds besides one version: roots with their keys first, then volumes, images, records, logs,
 * remotes and answers. Cut off anywhere, and done again, it comes to the same end. `onStep` hears that it goes on. Returns what the storage
 * refuses to remove: then all else is gone, but for the records of the versions. Throws Failure `not-removed` for files of the store.
 */
export function destroyRest(store: Store, version: VersionRecord, onStep: () => void): readonly LeftOver[] {
  // From here on nothing starts from them, whatever is left.
  for (const other of othersThan(store, version)) writeVersion(store.files, { ...other, removing: true });
  const going = objectsThatGo(store, version).map((object) => placeOf(store.state, object));
  const left = removeInRounds([...unfinishedRoots(store), ...going], (place) => {
    onStep();
    removePlace(store, place, onStep);
  });
  const refused = left.filter(({ place }) => {
    const object = objectAt(store.state, place)?.record;
    return object === undefined || !isOriginOf(store, version, object);
  });
  forgetEmptyVolumes(store);
  if (refused.length > 0) {
    removeFiles(store, onStep);
    return refused;
  }
  for (const other of [...othersThan(store, version), ...readReplaced(store.files)]) {
    // They hold what the version has in common with them too, such as its image.
    releaseAll(store, other);
    removeVersion(store.files, other.id);
  }
  removeFiles(store, onStep);
  removeRecords(store, version, onStep);
  return [];
}

function othersThan({ files: store }: Store, { id }: VersionRecord): VersionRecord[] {
  return readWholeVersions(store).filter((other) => other.id !== id);
}

function removePlace(store: Store, place: Place, onStep: () => void): void {
  const object = objectAt(store.state, place)?.record;
  if (object === undefined) {
    store.backend.remove(place, { withNested: true });
    return;
  }
  if (store.backend.leavesContent?.(place) === true) emptyFilesystem(store, place, onStep);
  // Whoever holds it was asked by the typed word: nobody is to find it again.
  for (const hold of object.holds) releaseObject(store, store.state.objects.get(object.uuid)?.record ?? object, hold);
  removeWhole(store, store.state.objects.get(object.uuid)?.record ?? object);
}

function removeWhole(store: Store, object: ObjectRecord): void {
  try {
    removeObject(store, object);
  } catch (error) {
    if (errorCode(error) !== 'nested') throw error;
    removeObject(store, object, { withNested: true });
  }
}

function forgetEmptyVolumes(store: Store): void {
  for (const { record } of [...store.state.volumes.values()])
    if (objectsIn(store.state, record.uuid).length === 0) forgetVolume(store, record);
}

/** Logs, remotes, answers, and what commands that were interrupted have left. */
function removeFiles({ files: store }: Store, onEntry: () => void): void {
  removeBelow(store, '/', { stays: (path) => files.has(path) || path === versionsPath, onEntry });
  store.syncFilesystem();
}

function removeRecords({ files: store }: Store, { id }: VersionRecord, onEntry: () => void): void {
  const record = childOf(versionsPath, `${id}.json`);
  removeBelow(store, versionsPath, { stays: (path) => path === record, onEntry });
  store.syncFilesystem();
}
