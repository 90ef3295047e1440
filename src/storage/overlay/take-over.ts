import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { Files } from '../../system/files.ts';
import { makeDirectories, objectPath } from '../object-places.ts';
import type { TakenOver } from '../take-over.ts';
import { readLayers, treePath, wholeFilesystem, workPath, writeLayers } from './layers.ts';

/**
 * Makes a root that is the whole of the store's filesystem, and may be running, a branch: one whose list says so. Nothing
 * of the root is moved, copied or written, so that it starts as before, at every instant and also afterwards. Done
 * already, it does nothing. Throws Failure `cannot-take-over`.
 */
export function takeOverFilesystem(top: Files, { store, subvolume, place }: TakenOver): void {
  const path = `${store}${objectPath(place)}`;
  if (subvolume !== '/') throw refused(subvolume, 'it is not the top of its filesystem');
  if (store.lastIndexOf('/') !== 0) throw refused(subvolume, `the store, ${displayBytes(store)}, is not in the top`);
  const there = readLayers(top, path);
  if (Array.isArray(there) && there[0] === wholeFilesystem) return;
  makeDirectories(top, path);
  for (const part of [treePath(path), workPath(path)]) makeDirectories(top, part);
  // The list comes last: without it the branch is not there.
  writeLayers(top, path, [wholeFilesystem]);
  top.syncFilesystem();
}

function refused(root: string, why: string): Failure {
  return new Failure({
    code: 'cannot-take-over',
    kind: 'input',
    message: `Cannot put ${displayBytes(root)} into the store: ${why}`,
    advice: 'The root must be a filesystem of its own, mounted whole',
  });
}
