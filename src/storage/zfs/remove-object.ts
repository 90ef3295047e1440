import { Failure } from '../../domain/failure.ts';
import type { Place } from '../../domain/volume.ts';
import type { System } from '../../system/system.ts';
import { busyObject, displayPlace, foreignObject, objectPath } from '../object-places.ts';
import { removeSidecar } from '../sidecars.ts';
import { type Dataset, datasetAt, filesystemOf, receivedSnapshot } from './datasets.ts';
import { markDataset, type Pool } from './make-object.ts';
import { mountsOfDataset } from './mounted-objects.ts';

/** Removes the sidecar, then the object; what is not there, or half made, too. */
export function removeObject(pool: Pool, list: () => readonly Dataset[], place: Place): void {
  const { system, files } = pool;
  const all = list();
  const dataset = datasetAt(all, place);
  if (files.status(objectPath(place)) !== null) throw foreignObject(place, 'it lies in the directory of the store');
  if (dataset !== null) {
    const { at, inside } = mountsOfDataset(system, dataset.name);
    const [where] = [...at, ...inside];
    if (where !== undefined) throw busyObject('remove', place, where);
    refuseNeeded(all, place, dataset);
  }
  removeSidecar(files, place);
  // Looked at again: what is newer than the snapshot that it goes back to, as one just made by a timer, would stop it.
  if (dataset !== null) letGo(pool, list(), dataset);
  letGoReceived(pool, all, place);
  destroyUnused(system, list);
}

/** From here on it is there only as others rest on it; of a filesystem that is the content of its last snapshot. */
function letGo({ system, files }: Pool, all: readonly Dataset[], { name }: Dataset): void {
  const newest = newestSnapshot(all, name);
  if (newest !== null) system.commands.run('zfs', ['rollback', newest.name]);
  markDataset({ system, files }, name, null);
}

/** What a process that was killed has received for the place: the filesystem, and the snapshot of its name. */
function letGoReceived(pool: Pool, all: readonly Dataset[], place: Place): void {
  for (const { name, mark } of all) {
    const meant = mark?.receiving;
    if (meant === undefined || objectPath(meant) !== objectPath(place)) continue;
    const received = all.find((one) => one.name === receivedSnapshot(name));
    if (received?.mark === null) markDataset(pool, received.name, null);
    markDataset(pool, name, null);
  }
}

function newestSnapshot(all: readonly Dataset[], filesystem: string): Dataset | null {
  const own = all.filter((one) => one.isSnapshot && one.name.startsWith(`${filesystem}@`));
  return own.toSorted((a, b) => b.transaction - a.transaction)[0] ?? null;
}

/** Throws Failure `needed` or `nested` where ZFS would refuse, or go on only by destroying what was not made here. */
function refuseNeeded(all: readonly Dataset[], place: Place, dataset: Dataset): void {
  if (dataset.holds > 0)
    throw needed(place, `somebody has put a hold on ${dataset.name}`, 'zfs release removes a hold');
  const foreign = all.find((one) => one.isSnapshot && one.mark === null && filesystemOf(one.name) === dataset.name);
  if (foreign !== undefined) {
    throw needed(place, `the snapshot ${foreign.name} was not made here`, 'Destroy that snapshot if nobody needs it');
  }
  const newest = newestSnapshot(all, dataset.name);
  const isNewer = ({ transaction }: Dataset): boolean => newest !== null && transaction > newest.transaction;
  // zfs-rollback(8): it destroys newer bookmarks only where it is told to.
  const bookmark = all.find((one) => one.name.startsWith(`${dataset.name}#`) && isNewer(one));
  if (bookmark !== undefined) {
    const why = `the bookmark ${bookmark.name} is newer than its snapshots`;
    throw needed(place, why, 'Destroy that bookmark with zfs destroy, if nobody needs it');
  }
  const below = all.find((one) => one.name.startsWith(`${dataset.name}/`));
  if (below === undefined) return;
  throw new Failure({
    code: 'nested',
    kind: 'failed',
    message: `Cannot remove ${displayPlace(place)}: the dataset ${below.name} lies in it and was not made here`,
    advice: 'Rename that dataset, or destroy it',
  });
}

/**
 * Destroys what is there only as others rest on it and on which nothing rests any more; never with what rests on it
 * (`destroy -R`), and a clone is never promoted. A snapshot with clones is marked, and goes by itself with the last of
 * them.
 */
function destroyUnused(system: System, list: () => readonly Dataset[]): void {
  for (let isDone = false; !isDone; ) {
    const all = list();
    const unused = all.filter((one) => one.mark?.place === null && isFree(system, all, one));
    for (const { name, isSnapshot } of unused) {
      system.commands.run('zfs', isSnapshot ? ['destroy', '-d', name] : ['destroy', name]);
    }
    isDone = unused.length === 0;
  }
}

function isFree(system: System, all: readonly Dataset[], dataset: Dataset): boolean {
  const { name, isSnapshot, isDeferred } = dataset;
  const isInUse = isSnapshot
    ? isDeferred
    : all.some((one) => one.name.startsWith(`${name}@`) || one.name.startsWith(`${name}/`));
  return !isInUse && mountsOfDataset(system, name).at.length === 0;
}

function needed(place: Place, why: string, advice: string): Failure {
  return new Failure({
    code: 'needed',
    kind: 'failed',
    message: `Cannot remove ${displayPlace(place)}: ${why}`,
    advice,
  });
}
