import { displayBytes, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { ancestorsOf, isBelow, type RootPath } from '../domain/path.ts';
import type { Store } from '../store/store.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import type { BoundVolume } from './bound-volumes.ts';
import { withRoot } from './with-root.ts';

/** The volume in which a path lies; null where that is the root. */
export function volumeAbove(volumes: readonly BoundVolume[], path: RootPath): BoundVolume | null {
  return volumes.findLast(({ volume }) => isBelow(path, volume.mountPoint)) ?? null;
}

/** Copies what a version has at a path: where a volume is mounted above, that is in the volume, not in the root. */
export function fillFromVersion(
  { backend, system }: Store,
  { root, volumes }: { readonly root: string; readonly volumes: readonly BoundVolume[] },
  from: RootPath,
  directory: string,
): void {
  const above = volumeAbove(volumes, from);
  if (above === null) {
    fillFromRoot(system, root, from, directory);
    return;
  }
  backend.withContent(above.place, { writable: false }, (content) =>
    fillFromRoot(system, content, from.slice(above.volume.mountPoint.length), directory),
  );
}

/**
 * Copies what a root has at a path (case 120), and nothing where it has nothing there. Throws Failure `mount-point` where
 * that is reached through a link: it would vanish from there.
 */
export function fillFromRoot(system: System, root: string, from: RootPath, directory: string): void {
  const isThere = withRoot(system, root, (files) => {
    requireMountPoint(files, from);
    return files.status(from) !== null;
  });
  if (!isThere) return;
  const source = `${root}${textOrBytes(from)}/.`;
  system.commands.run('cp', ['--archive', '--reflink=auto', '--one-file-system', source, directory]);
  withRoot(system, directory, (files) => files.syncFilesystem());
}

/** systemd mounts nothing through a link, and where something else is than a directory. Throws Failure `mount-point`. */
export function requireMountPoint(root: Files, mountPoint: RootPath): void {
  const inTheWay = notADirectory(root, mountPoint);
  if (inTheWay === null) return;
  throw new Failure({
    code: 'mount-point',
    kind: 'failed',
    message: `Cannot mount a volume at ${displayBytes(mountPoint)}: ${displayBytes(inTheWay)} is no directory`,
    advice: 'Declare it at the place itself, and not through a link',
  });
}

/** What of a path is there and is no directory; null where all of it is one or will be. */
function notADirectory(root: Files, path: RootPath): RootPath | null {
  const isOther = (one: RootPath): boolean => (root.status(one)?.type ?? 'directory') !== 'directory';
  return [...ancestorsOf(path), path].find(isOther) ?? null;
}
