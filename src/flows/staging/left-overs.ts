import { displayBytes } from '../../domain/bytes.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import { versionOfUnfinished } from '../../domain/unfinished-root.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { releaseObject } from '../../store/hold.ts';
import { displayObject, displayPlace, objectAt } from '../../store/ledger-state.ts';
import { removeObject } from '../../store/remove-object.ts';
import type { Store } from '../../store/store.ts';
import { holdOf, objectsOf } from '../../versions/objects-of-versions.ts';
import { readReplaced, readVersions } from '../../versions/records.ts';
import { fillingsLeft, unusedBranches } from './branches-left.ts';
import { dropVersion, unusedSwitches } from './drop-version.ts';
import { emptyScratch, isInScratch, pathOf } from './import-scratch.ts';
import { importLock, objectsFor, purposes } from './purposes.ts';
import { unfinishedRoots } from './unfinished-roots.ts';

/** What a command that was interrupted has left behind, and that nothing needs. */
export type LeftOver = {
  /** The version, branch or tag; or a directory of the store. */
  readonly what: string;
  readonly detail: string;
};

/** What was left, and why it is there still; null where it is gone. */
export type RemovedLeftOver = LeftOver & { readonly problem: string | null };

type Removable = LeftOver & { readonly remove: () => void };

/** All of it. What is at work right now has left nothing. */
export function leftOvers(store: Store): LeftOver[] {
  return removable(store).map(({ what, detail }) => ({ what, detail }));
}

/** Removes all of it; one that the storage refuses does not keep the rest. The store is locked for a change. */
export function removeLeftOvers(store: Store): RemovedLeftOver[] {
  const removed = removable(store).map(removedOf);
  // A tag may have been held for a version that only then went.
  const later = switchesLeft(store).filter(({ what }) => !removed.some((one) => one.what === what));
  return [...removed, ...later.map(removedOf)];
}

function removedOf({ what, detail, remove }: Removable): RemovedLeftOver {
  try {
    remove();
    return { what, detail, problem: null };
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return { what, detail, problem: error.message };
  }
}

function removable(store: Store): Removable[] {
  const { records, damaged } = readVersions(store.files);
  const interrupted = [
    ...(isImporting(store) ? [] : importsLeft(store)),
    ...objectsLeft(store, objectsFor(store, purposes.copy), 'it was made to tag a version'),
    ...rootsLeft(store),
    ...objectsLeft(store, fillingsLeft(store), 'a volume was to begin with what is in it'),
  ];
  // One that cannot be read may need anything.
  if (damaged.length > 0) return interrupted;
  return [
    ...replacedLeft(store),
    ...records.flatMap((version) => holdsLeft(store, version)),
    ...switchesLeft(store),
    ...objectsLeft(store, unusedBranches(store, records), 'it was made for a version that failed before it was used'),
    ...interrupted,
  ];
}

/** Whoever unpacks holds the lock; the branch says nothing of whether he still lives. */
function isImporting(store: Store): boolean {
  if (objectsFor(store, purposes.import).length === 0 && !isInScratch(store)) return false;
  const release = store.files.lock(importLock, 0);
  release?.();
  return release === null;
}

function importsLeft(store: Store): Removable[] {
  const branches = objectsLeft(store, objectsFor(store, purposes.import), 'an image was to be in it');
  if (!isInScratch(store)) return branches;
  const what = displayBytes(pathOf(store.files));
  const detail = 'a command that was interrupted has left what is in it: an image was unpacked from it';
  return [...branches, { what, detail, remove: () => emptyScratch(store) }];
}

function objectsLeft(store: Store, objects: readonly ObjectRecord[], why: string): Removable[] {
  return objects.map((object) => ({
    what: displayObject(store.state, object),
    detail: `a command that was interrupted has left it: ${why}`,
    remove: () => {
      // It may have gone with the version that it was for.
      if (store.state.objects.has(object.uuid)) removeObject(store, object);
    },
  }));
}

function rootsLeft(store: Store): Removable[] {
  return unfinishedRoots(store).map((place) => ({
    what: displayPlace(place),
    detail: `a boot that was cut off has left it: it was making the root of ${versionOfUnfinished(place)}`,
    remove: () => store.backend.remove(place),
  }));
}

function switchesLeft(store: Store): Removable[] {
  return objectsLeft(store, unusedSwitches(store), 'a version was to be made of it');
}

function replacedLeft(store: Store): Removable[] {
  return readReplaced(store.files).map((version) => ({
    what: version.id,
    detail: 'a command that was interrupted has left it: another version has taken its place',
    remove: () => dropVersion(store, version),
  }));
}

/** Holds of a version on what it does not use any more, or never came to use. */
function holdsLeft(store: Store, version: VersionRecord): Removable[] {
  const hold = holdOf(version.id);
  const used = new Set(objectsOf(version).map((place) => objectAt(store.state, place)?.record.uuid));
  return [...store.state.objects.values()]
    .filter(({ record }) => record.holds.includes(hold) && !used.has(record.uuid))
    .map(({ record }) => ({
      what: displayObject(store.state, record),
      detail: `it is held for ${hold}, which does not use it`,
      remove: () => releaseObject(store, record, hold),
    }));
}
