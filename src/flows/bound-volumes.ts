import { displayBytes } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import { boundBranch, type VersionRecord } from '../domain/version.ts';
import type { Place } from '../domain/volume.ts';
import { objectAt } from '../store/ledger-state.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { boundaryKind } from '../tree/boundary.ts';
import { loadVolumes } from './load-volumes.ts';
import { withRoot } from './with-root.ts';

/** A volume of a version, and the branch that it uses. */
export type BoundVolume = { readonly volume: DeclaredVolume; readonly place: Place };

/** What its root declares and the version has a branch of; one before those that lie in it. */
export function boundVolumes({ state, system }: Store, version: VersionRecord, root: string): BoundVolume[] {
  return declaredIn(system, root).flatMap((volume) => {
    const branch = boundBranch(version, volume.name);
    if (branch === null) return [];
    const place: Place = { volume: volume.name, kind: 'branch', name: branch };
    return objectAt(state, place) === null ? [] : [{ volume, place }];
  });
}

/**
 * The volumes of the version whose state another takes over. A reset that destroys them is not kept from it by what the
 * old root declares and cannot be read: nothing of them is kept then. Throws Failure as `loadVolumes` does.
 */
export function volumesTakenOver(
  store: Store,
  { version, parent }: { readonly version: VersionRecord; readonly parent: VersionRecord | null },
  root: string,
): BoundVolume[] {
  if (parent === null) return [];
  try {
    return boundVolumes(store, parent, root);
  } catch (error) {
    if (version.reset?.mode !== 'total' || !(error instanceof Failure)) throw error;
    return [];
  }
}

/** What a root declares. Throws Failure as `loadVolumes` does. */
export function declaredIn(system: System, root: string): DeclaredVolume[] {
  return withRoot(system, root, (files) => loadVolumes({ theirs: files, ours: files }));
}

/** Whether it is of the kind that follows its version, and so is migrated as a root is. */
export function isOfVersion({ class: volumeClass, binding }: DeclaredVolume): boolean {
  return volumeClass !== 'data' && binding === 'version';
}

/** Whether a root has anything at a mount point but an empty directory. */
export function holdsAnything(system: System, root: string, mountPoint: RootPath): boolean {
  return withRoot(system, root, (files) => {
    const type = files.status(mountPoint)?.type ?? null;
    return type === 'directory' ? files.list(mountPoint).length > 0 : type !== null;
  });
}

/**
 * Where in a branch other subvolumes begin (case 121). What is only mounted there now is none: the boot that makes a version
 * finds the directory below it.
 */
export function subvolumesIn({ backend, system }: Store, place: Place): readonly RootPath[] {
  const begun = backend.nestedIn(place);
  if (begun.length === 0) return begun;
  return backend.withContent(place, { writable: false }, (directory) =>
    withRoot(system, directory, (files) => begun.filter((path) => boundaryKind(files, path) !== null)),
  );
}

/** What says that a copy of a volume by its files would lack a subvolume in it (case 121); of the code that `makeObject` has. */
export function nestedInVolume(name: string, path: RootPath): Failure {
  return new Failure({
    code: 'nested',
    kind: 'failed',
    message: `Cannot copy all of the volume ${name}: another filesystem or subvolume begins in it at ${displayBytes(path)}`,
    advice: 'Move what it holds to plain directories of the volume, or make a volume of it, and take it away',
  });
}
