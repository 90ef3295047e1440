import { displayBytes } from '../../domain/bytes.ts';
import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { mountOf } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, objectPath } from '../object-places.ts';
import { emptyPath, readLayers, workPath } from './layers.ts';
import { type MountedOverlay, mountsOfObject } from './mounted-objects.ts';
import { hostPath, looksOf, type Stack, stackOf, treesOf } from './stack.ts';
import { isWholeFilesystem, mountWholeFilesystem } from './whole-filesystem.ts';

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
  for (;;) {
    const stack = stackOf(files, place);
    // Who only reads waits for nobody: its layers may be joined meanwhile, and those that it has read of be gone.
    const isSame = (): boolean => String(readLayers(files, objectPath(place))) === String(stack.layers);
    try {
      mountStack(system, files, { place, stack }, at);
    } catch (error) {
      if (isSame()) throw error;
      continue;
    }
    if (isSame()) return;
    system.mounts.unmount(at.directory);
  }
}

function mountStack(
  system: System,
  files: Files,
  { place, stack: { own, layers } }: { readonly place: Place; readonly stack: Stack },
  at: { readonly directory: string; readonly writable: boolean },
): void {
  if (isWholeFilesystem(layers)) {
    mountWholeFilesystem(system, files, place, at);
    return;
  }
  const { name } = looksOf(system, files, place);
  const lower = [...treesOf({ own: null, layers }), emptyPath].map((path) => hostPath(files, path));
  if (own === null) system.mounts.overlay({ name, upper: null, lower }, at.directory, { writable: false });
  else if (showAgain(system, files, place, at)) return;
  else if (layers.length === 0) showPlain(system, files, own, at);
  else if (isWritable(mountOf(system, files))) {
    const upper = { directory: hostPath(files, own), work: hostPath(files, workPath(objectPath(place))) };
    system.mounts.overlay({ name, upper, lower }, at.directory, at);
  } else {
    // It is mounted nowhere else, and cannot be written to through the store: nothing changes.
    system.mounts.overlay({ name, upper: null, lower: [hostPath(files, own), ...lower] }, at.directory, at);
  }
}

/** What lies on no layers is the directory itself, as `mount.migrate` shows it too: overlayfs can lie on that. */
function showPlain(
  { mounts, commands }: System,
  files: Files,
  own: RootPath,
  { directory, writable }: { readonly directory: string; readonly writable: boolean },
): void {
  mounts.bind(hostPath(files, own), directory, { writable });
  // What is mounted in it must not be mounted in the store too.
  commands.run('mount', ['--make-private', directory]);
}

/** Overlayfs writes to the directory of its own that belongs to an upper one. */
function isWritable({ writable, writableHere }: MountedFilesystem): boolean {
  return writable && writableHere;
}

/** Whether the branch is mounted, and now at this directory too. */
function showAgain(
  system: System,
  files: Files,
  place: Place,
  { directory, writable }: { readonly directory: string; readonly writable: boolean },
): boolean {
  const mounted = mountsOfObject(system, looksOf(system, files, place));
  const reachable = mounted.find((one) => isReachable(system, one));
  if (reachable !== undefined) system.mounts.bind(reachable.mount.directory, directory, { writable });
  else if (mounted[0] !== undefined) throw busyObject('mount', place, displayBytes(mounted[0].mount.directory));
  return reachable !== undefined;
}

/** Whether the whole object is to be seen where the mount is: nothing else is mounted over it. */
function isReachable(system: System, { mount, namespace }: MountedOverlay): boolean {
  if (!namespace.own || (mount.filesystem === 'overlay' && mount.root !== '/')) return false;
  const files = system.openRoot(mount.directory);
  try {
    return files.status('/')?.mountId === mount.id;
  } finally {
    files.close();
  }
}
