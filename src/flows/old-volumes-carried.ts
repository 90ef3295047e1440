import { type ByteString, displayBytes } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import { ancestorsOf, childOf, isBelow, type RootPath } from '../domain/path.ts';
import { beginsAnew, type Reset } from '../domain/reset.ts';
import { mountUnitOf } from '../domain/unit-of-path.ts';
import { boundBranch, type VersionRecord } from '../domain/version.ts';
import type { Store } from '../store/store.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { boundaryToRead } from '../tree/boundary.ts';
import { unitDirectory } from '../versions/mount-units.ts';
import { type BoundVolume, isOfVersion, nestedInVolume, subvolumesIn } from './bound-volumes.ts';
import { volumeAt, withContentAt } from './fill-volume.ts';
import { ignoredMountPoint } from './old-volumes.ts';
import type { VolumeInRoot } from './version-to-make.ts';
import { withRoot } from './with-root.ts';

/** What a migration has made of what, before the new version has its volumes. */
export type Migrated = {
  readonly old: string;
  readonly result: string;
  readonly parent: VersionRecord | null;
  /** What the parent mounts. */
  readonly volumes: readonly BoundVolume[];
  /** Those of them whose new content is in the result now, and where. */
  readonly migrated: readonly VolumeInRoot[];
  /** Null where an update is made. */
  readonly reset: Reset | null;
};

/**
 * Those whose new content the migration has made in the new root: volumes of the parent's that were migrated, as long as
 * they stay where they were, and those that are declared for the first time, where what they are to hold lay in the old
 * root or in such a volume, and the migration has read it. None that a reset begins anew: nothing of the parent's is looked
 * for in it but what is kept, and that lies in the new root. Throws Failure `nested` where a subvolume in them would be
 * lost, and `mount-point` where what a volume is to start with cannot be told.
 */
export function volumesCarried(store: Store, declared: readonly DeclaredVolume[], made: Migrated): DeclaredVolume[] {
  const { system } = store;
  const { old, result, parent, migrated, reset } = made;
  const goesOn = (volume: DeclaredVolume): boolean => !beginsAnew(reset, volume);
  const kept = declared.filter(goesOn);
  const volumes = made.volumes.filter(({ volume }) => goesOn(volume));
  const isMigrated = (name: string): boolean => migrated.some((volume) => volume.name === name);
  const first = kept.filter((volume) => !isBound(parent, volume));
  for (const volume of first) requireDeclaredBefore(system, volume, made);
  const isLeft = first.some(isOfVersion) ? ignoredMountPoint(system, { old, new: result }, reset) : () => true;
  const carried = kept.filter((volume) => {
    const { name, mountPoint } = volume;
    if (!first.includes(volume)) {
      return migrated.some((before) => before.name === name && before.mountPoint === mountPoint);
    }
    if (!isOfVersion(volume)) return false;
    const at = volumeAt(made.volumes, mountPoint);
    return (at === null || isMigrated(at.volume.name)) && !isLeft(volume) && isRead(store, made, mountPoint);
  });
  for (const volume of volumes.filter(({ volume: { name } }) => isMigrated(name))) {
    requireNothingNested(store, volume, { declared, carried, volumes: made.volumes });
  }
  return carried;
}

/** What a person should hear of volumes that were moved: the root has what was migrated where they were. */
export function notesOfMoved(declared: readonly DeclaredVolume[], { migrated }: Migrated): string[] {
  return migrated.flatMap((before) => {
    const now = declared.find(({ name }) => name === before.name);
    if (now === undefined || now.mountPoint === before.mountPoint) return [];
    return [`volume ${now.name} was at ${displayBytes(before.mountPoint)}, where the root keeps a copy`];
  });
}

function isBound(parent: VersionRecord | null, { name }: DeclaredVolume): boolean {
  return parent !== null && boundBranch(parent, name) !== null;
}

/** Whether a migration reads what is at a place: it enters no other subvolume (case 121). */
function isRead(store: Store, { old, volumes }: Migrated, mountPoint: RootPath): boolean {
  return withContentAt(store, { root: old, volumes }, mountPoint, (directory, path) =>
    withRoot(store.system, directory, (files) => boundaryToRead(files, path) === null),
  );
}

/**
 * Where the old system mounted a volume that its root does not declare there any more, as when it was given another name,
 * the root has what the volume began with, and not what it holds. The units in the old root say what it mounted.
 */
function requireDeclaredBefore(
  system: System,
  { name, mountPoint }: DeclaredVolume,
  { old, parent, volumes }: Pick<Migrated, 'old' | 'parent' | 'volumes'>,
): void {
  const isDeclared = (path: RootPath): boolean => volumes.some(({ volume }) => volume.mountPoint === path);
  const bound = Object.keys(parent?.bindings ?? {});
  withRoot(system, old, (root) => {
    for (const path of [...ancestorsOf(mountPoint), mountPoint].filter((one) => !isDeclared(one))) {
      const other = bound.find((one) => mountedBy(root, path)?.includes(`\nDescription=Volume ${one}, branch `));
      if (other !== undefined) throw notDeclared(name, path, other);
    }
  });
}

function mountedBy(root: Files, path: RootPath): ByteString | null {
  const unit = childOf(unitDirectory, mountUnitOf(path));
  return root.status(unit)?.type === 'file' ? root.read(unit) : null;
}

function notDeclared(name: string, path: RootPath, other: string): Failure {
  return new Failure({
    code: 'mount-point',
    kind: 'failed',
    message: `Cannot fill the volume ${name}: the old system mounts the volume ${other} at ${displayBytes(path)} and declares it there no more`,
    advice: `Declare ${other} there again; to give it another name, declare that elsewhere and copy what it holds`,
  });
}

type Declared = {
  readonly declared: readonly DeclaredVolume[];
  readonly carried: readonly DeclaredVolume[];
  readonly volumes: readonly BoundVolume[];
};

/** What a subvolume in a migrated volume holds is in no branch that is copied from the new root. */
function requireNothingNested(store: Store, bound: BoundVolume, { declared, carried, volumes }: Declared): void {
  for (const nested of subvolumesIn(store, bound.place)) {
    const path = `${bound.volume.mountPoint}${nested}`;
    const isIn = ({ mountPoint }: DeclaredVolume): boolean => path === mountPoint || isBelow(path, mountPoint);
    const heir = declared.findLast(isIn);
    // Below another volume it is hidden already; in one that is not carried, it is copied from where it is.
    if (volumeAt(volumes, path) === bound && heir !== undefined && carried.includes(heir))
      throw nestedInVolume(bound.volume.name, nested);
  }
}
