import { bytesOfText, textOrBytes } from '../domain/bytes.ts';
import { parentOf } from '../domain/path.ts';
import type { Place } from '../domain/volume.ts';
import { writeDurably } from '../files/write-durably.ts';
import type { Files } from '../system/files.ts';
import type { NativeObject } from './backend.ts';
import { comparePlaces, objectPath, partialEnding, placesIn, sidecarPath } from './object-places.ts';

/** Writes the sidecar of an object that is whole; durable. */
export function writeSidecar(files: Files, place: Place, sidecar: string): void {
  writeDurably(files, sidecarPath(place), bytesOfText(sidecar));
}

/** Removes the sidecar, and one that was being written; durable. */
export function removeSidecar(files: Files, place: Place): void {
  const path = sidecarPath(place);
  const there = [path, `${path}${partialEnding}`].filter((one) => files.status(one) !== null);
  for (const one of there) files.unlink(one);
  if (there.length > 0) files.sync(parentOf(path));
}

/** What lies in the places of objects, with the sidecars. One whose object is gone says nothing any more. */
export function listObjects(files: Files): NativeObject[] {
  return placesIn(files).map((place) => ({ place, sidecar: readSidecar(files, place) }));
}

/** The same where the objects themselves lie in a pool; `natives` are all that do. */
export function listObjectsInPool(files: Files, natives: readonly Place[]): NativeObject[] {
  const native = new Set(natives.map(objectPath));
  const places = new Map([...placesIn(files), ...natives].map((place) => [objectPath(place), place]));
  return [...places.values()].sort(comparePlaces).map((place) => ({
    place,
    sidecar: native.has(objectPath(place)) ? readSidecarFile(files, place) : null,
  }));
}

function readSidecar(files: Files, place: Place): string | null {
  return files.status(objectPath(place)) === null ? null : readSidecarFile(files, place);
}

function readSidecarFile(files: Files, place: Place): string | null {
  const path = sidecarPath(place);
  return files.status(path)?.type === 'file' ? textOrBytes(files.read(path)) : null;
}
