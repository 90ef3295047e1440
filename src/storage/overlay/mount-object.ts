import { displayBytes } from '../../domain/bytes.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, objectPath } from '../object-places.ts';
import { mountOfStore } from '../store-filesystem.ts';
import { emptyPath, workPath } from './layers.ts';
import { type MountedOverlay, mountsOfObject } from './mounted-objects.ts';
import { hostPath, looksOf, stackOf, treesOf } from './stack.ts';

/**
 * Mounts an object at a directory. A branch that is mounted already is shown again through the same mount: two of one
 * upper directory would not know of each other's changes, nor of its locked files one that only reads it. Throws Failure
 * `busy` where only another set of mounts has it.
 */
export function mountObject(
  system: System,
  files: Files,
  place: Place,
  at: { readonly directory: string; readonly writable: boolean },
): void {
  const { own, layers } = stackOf(files, place);
  const { name } = looksOf(files, place);
  const lower = [...treesOf({ own: null, layers }), emptyPath].map((path) => hostPath(files, path));
  if (own === null) system.mounts.overlay({ name, upper: null, lower }, at.directory, { writable: false });
  else if (showAgain(system, files, place, at)) return;
  else if (mountOfStore(system, files).writable) {
    const upper = { directory: hostPath(files, own), work: hostPath(files, workPath(objectPath(place))) };
    system.mounts.overlay({ name, upper, lower }, at.directory, at);
  } else {
    // Nobody can write there, so that nothing can change.
    system.mounts.overlay({ name, upper: null, lower: [hostPath(files, own), ...lower] }, at.directory, at);
  }
}

/** Whether the branch is mounted, and now at this directory too. */
function showAgain(
  system: System,
  files: Files,
  place: Place,
  { directory, writable }: { readonly directory: string; readonly writable: boolean },
): boolean {
  const mounted = mountsOfObject(system, looksOf(files, place));
  const reachable = mounted.find((one) => isReachable(system, one));
  if (reachable !== undefined) system.mounts.bind(reachable.mount.directory, directory, { writable });
  else if (mounted[0] !== undefined) throw busyObject('mount', place, displayBytes(mounted[0].mount.directory));
  return reachable !== undefined;
}

/** Whether the whole object is to be seen where the mount is: nothing else is mounted over it. */
function isReachable(system: System, { mount, namespace }: MountedOverlay): boolean {
  if (!namespace.own || mount.root !== '/') return false;
  const files = system.openRoot(mount.directory);
  try {
    return files.status('/')?.mountId === mount.id;
  } finally {
    files.close();
  }
}
