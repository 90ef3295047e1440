import type { ByteString } from '../domain/bytes.ts';
import { SystemCallError } from '../domain/failure.ts';
import { type MountedFilesystem, mountsOf } from '../domain/mountinfo.ts';
import { childOf, isBelow, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** What one or more processes see mounted. */
export type MountNamespace = {
  /** One of the processes. */
  readonly process: string;
  /** Whether it is this program's own. */
  readonly own: boolean;
  readonly mounts: readonly MountedFilesystem[];
};

/** What this program sees mounted. */
export function ownNamespace({ readFile }: System): MountNamespace {
  const [process = ''] = readFile('/proc/self/stat').split(' ');
  return { process, own: true, mounts: mountsOf(readFile('/proc/self/mountinfo')) };
}

/** Every set of mounts that a process of this machine lives with: services and containers have their own. */
export function mountNamespaces(system: System): MountNamespace[] {
  const own = ownNamespace(system);
  const proc = system.openRoot('/proc', { withoutXattrs: true });
  try {
    const seen = new Set([namespaceOf(system, own.process)]);
    const processes = proc.list('/').filter((name) => /^[0-9]+$/.test(name));
    return [own, ...processes.flatMap((process) => readNamespace(system, proc, process, seen) ?? [])];
  } finally {
    proc.close();
  }
}

function readNamespace(
  system: System,
  proc: Files,
  process: string,
  seen: Set<ByteString | null>,
): MountNamespace | null {
  const namespace = namespaceOf(system, process);
  if (namespace === null || seen.has(namespace)) return null;
  try {
    const mounts = mountsOf(proc.read(`/${process}/mountinfo`));
    seen.add(namespace);
    return { process, own: false, mounts };
  } catch (error) {
    // It has ended meanwhile, and its mounts with it or with others that are still to be asked.
    if (error instanceof SystemCallError) return null;
    throw error;
  }
}

/** By one call: there are hundreds of processes. Null where it has ended meanwhile. */
function namespaceOf({ linkTarget }: System, process: string): ByteString | null {
  return linkTarget(`/proc/${process}/ns/mnt`);
}

/** Where on its filesystem a place lies that a mount shows: for a mount of a part of it, too. */
export function pathOnFilesystem(mount: MountedFilesystem, place: RootPath): RootPath {
  const inside = mount.directory === '/' ? place : place.slice(mount.directory.length);
  if (inside === '' || inside === '/') return mount.root;
  return mount.root === '/' ? inside : `${mount.root}${inside}`;
}

/** The mounts that lie in another, by their places on its filesystem. */
export function placesMountedIn(mount: MountedFilesystem, { mounts }: MountNamespace): RootPath[] {
  return mounts
    .filter(({ id, parent }) => parent === mount.id && id !== mount.id)
    .map(({ directory }) => pathOnFilesystem(mount, directory));
}

/** The part of a path that lies inside the directory, as a path from it; null where it does not. */
export function insidePath(path: RootPath, directory: RootPath): RootPath | null {
  if (directory === '/') return path;
  return isBelow(path, directory) ? childOf('/', path.slice(directory.length + 1)) : null;
}
