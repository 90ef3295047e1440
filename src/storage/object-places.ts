import type { ByteString } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { childOf, parentOf, type RootPath } from '../domain/path.ts';
import type { ObjectKind, Place } from '../domain/volume.ts';
import { partialEnding } from '../files/write-durably.ts';
import type { Files } from '../system/files.ts';

export { partialEnding };

/** Below the directory of the store, the same for every kind of storage: `/volumes/system/tags/r42`. */
export const volumesPath: RootPath = '/volumes';

const directoryOfKind: Readonly<Record<ObjectKind, ByteString>> = { tag: 'tags', branch: 'branches' };
const kinds: readonly ObjectKind[] = ['branch', 'tag'];
const sidecarEnding = '.json';

/** Where an object lies in the store. */
export function objectPath({ volume, kind, name }: Place): RootPath {
  return `${volumesPath}/${volume}/${directoryOfKind[kind]}/${name}`;
}

/** Where its sidecar lies. */
export function sidecarPath(place: Place): RootPath {
  return `${objectPath(place)}${sidecarEnding}`;
}

/** An object for people, as it is called in the store: `system/tags/r42`. */
export function displayPlace(place: Place): string {
  return objectPath(place).slice(volumesPath.length + 1);
}

/** Every place at which something lies, be it an object, a sidecar or anything else, in the order of names. */
export function placesIn(files: Files): Place[] {
  return namesIn(files, volumesPath)
    .filter((volume) => !volume.startsWith('.'))
    .flatMap((volume) => kinds.flatMap((kind) => namesOf(files, volume, kind).map((name) => ({ volume, kind, name }))));
}

/** The order in which objects are listed. */
export function comparePlaces(a: Place, b: Place): number {
  return compareText(a.volume, b.volume) || compareText(a.kind, b.kind) || compareText(a.name, b.name);
}

function compareText(a: ByteString, b: ByteString): number {
  return a < b ? -1 : Number(a > b);
}

function namesOf(files: Files, volume: ByteString, kind: ObjectKind): ByteString[] {
  const directory = `${volumesPath}/${volume}/${directoryOfKind[kind]}`;
  const names = namesIn(files, directory).filter((name) => !name.endsWith(`${sidecarEnding}${partialEnding}`));
  return [...new Set(names.map((name) => nameOfObject(files, directory, name)))].sort();
}

/** A file that is called as sidecars are stands for its object, which may be gone. */
function nameOfObject(files: Files, directory: RootPath, name: ByteString): ByteString {
  const isSidecar = name.endsWith(sidecarEnding) && files.status(childOf(directory, name))?.type === 'file';
  return isSidecar ? name.slice(0, -sidecarEnding.length) : name;
}

function namesIn(files: Files, directory: RootPath): ByteString[] {
  return files.status(directory)?.type === 'directory' ? files.list(directory) : [];
}

/** Makes the directory that is to hold the object, with those above it; durable. */
export function makeParents(files: Files, place: Place): void {
  makeDirectories(files, parentOf(objectPath(place)));
}

/** Makes a directory with those above it where they are missing; durable. */
export function makeDirectories(files: Files, directory: RootPath): void {
  if (directory === '/' || files.status(directory) !== null) return;
  makeDirectories(files, parentOf(directory));
  files.makeDirectory(directory);
  files.sync(parentOf(directory));
}

/** Throws Failure `exists` where anything lies at the place. */
export function requireFree(files: Files, place: Place): void {
  if (files.status(objectPath(place)) === null && files.status(sidecarPath(place)) === null) return;
  throw takenPlace(place, 'something is there already');
}

/** The place of an object that is to be made is not free. */
export function takenPlace(place: Place, why: string): Failure {
  return new Failure({
    code: 'exists',
    kind: 'input',
    message: `Cannot make ${displayPlace(place)}: ${why}`,
    advice: 'Choose another name; migrate volume fsck says what is there',
  });
}

/** The object is not there, or is none that the kind of storage has made. */
export function noObject(place: Place, why: string): Failure {
  return new Failure({ code: 'no-object', kind: 'input', message: `Cannot use ${displayPlace(place)}: ${why}` });
}

/** Something else lies at the object's place, which is not removed. */
export function foreignObject(place: Place, why: string): Failure {
  return new Failure({
    code: 'foreign',
    kind: 'failed',
    message: `Cannot remove ${displayPlace(place)}: ${why}, so it was not made here`,
    advice: 'Look at it, and remove it by hand if nobody needs it',
  });
}

/** The object is mounted. */
export function busyObject(verb: string, place: Place, directory: string): Failure {
  return new Failure({
    code: 'busy',
    kind: 'failed',
    message: `Cannot ${verb} ${displayPlace(place)}: it is mounted at ${directory}`,
    advice: 'Unmount it first',
  });
}
