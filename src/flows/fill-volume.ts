import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { sameOwners } from '../domain/owners.ts';
import { ancestorsOf, isBelow, type RootPath } from '../domain/path.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import type { BoundVolume } from './bound-volumes.ts';
import type { DropInTree } from './read-drop-ins.ts';
import { type CopyOptions, copyBelow } from './restore/copy-path.ts';
import { withRoot } from './with-root.ts';

/** What a version has: its root, and the volumes that are mounted in it. */
export type VersionContent = { readonly root: string; readonly volumes: readonly BoundVolume[] };

/** The volume in which a path lies, or at whose top; null where that is the root. */
export function volumeAt(volumes: readonly BoundVolume[], path: RootPath): BoundVolume | null {
  return volumes.findLast(({ volume: { mountPoint } }) => path === mountPoint || isBelow(path, mountPoint)) ?? null;
}

/** Hands on the directory that holds what a version has at a path, and the path in it. */
export function withContentAt<Result>(
  { backend }: Store,
  { root, volumes }: VersionContent,
  path: RootPath,
  use: (directory: string, path: RootPath) => Result,
): Result {
  const at = volumeAt(volumes, path);
  if (at === null) return use(root, path);
  return backend.withContent(at.place, { writable: false }, (content) =>
    use(content, path.slice(at.volume.mountPoint.length) || '/'),
  );
}

/** Copies what a version has at a path, as `fillFromRoot` does: in a volume, where one is mounted there or above. */
export function fillFromVersion(store: Store, version: VersionContent, from: RootPath, directory: string): string[] {
  const within = volumeAt(version.volumes, from)?.volume.mountPoint ?? '';
  return withContentAt(store, version, from, (content, path) =>
    // A note begins with the path in the volume.
    fillFromRoot(store.system, content, path, directory).map((note) => `${displayBytes(within)}${note}`),
  );
}

/**
 * Copies what a root has at a path (case 120) with all attributes, flags included, and nothing where it has nothing there;
 * durable when it returns. Returns what of it could not be copied, as `copyBelow` notes it. Throws Failure `mount-point`
 * where the path is reached through a link: it would vanish from there.
 */
export function fillFromRoot(system: System, root: string, from: RootPath, directory: string): readonly string[] {
  return withRoot(system, root, (files) => {
    requireMountPoint(files, from);
    if (files.status(from) === null) return [];
    return withRoot(system, directory, (target) => {
      const { notes } = copyBelow({ files, path: from }, { files: target, path: '/' }, asItIs);
      target.syncFilesystem();
      return notes;
    });
  });
}

const asItIs: CopyOptions = {
  owners: sameOwners,
  onEntry: () => undefined,
  onBytes: () => undefined,
  withLayers: true,
};

/** systemd mounts nothing through a link, and where something else is than a directory. Throws Failure `mount-point`. */
export function requireMountPoint(root: Pick<DropInTree, 'status'>, mountPoint: RootPath): void {
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
function notADirectory(root: Pick<DropInTree, 'status'>, path: RootPath): RootPath | null {
  const isOther = (one: RootPath): boolean => (root.status(one)?.type ?? 'directory') !== 'directory';
  return [...ancestorsOf(path), path].find(isOther) ?? null;
}
