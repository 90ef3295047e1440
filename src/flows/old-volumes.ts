import { bytesOfText } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import { beginsAnew, type Reset } from '../domain/reset.ts';
import type { VersionRecord } from '../domain/version.ts';
import type { Policy } from '../policy/compile.ts';
import { mayKeepBelow } from '../policy/reset.ts';
import { objectAt } from '../store/ledger-state.ts';
import type { Store } from '../store/store.ts';
import type { TreePart } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { type BoundVolume, holdsAnything, isOfVersion, volumesTakenOver } from './bound-volumes.ts';
import { dataToFill, hidden } from './data-to-fill.ts';
import { policyFor, withDeclarations } from './migration-policy.ts';
import { systemPlace } from './staging/change-version.ts';
import type { RootsToMigrate, VersionToMake, VolumeInRoot } from './version-to-make.ts';
import { withRoot } from './with-root.ts';

/** What the volumes of the parent are to the migration of its root. */
export type OldVolumes = {
  /** What stands at their mount points in place of what the parent's root has there; and where the store is in it. */
  readonly parts: readonly TreePart[];
  /** Those that are migrated three-way together with the root. */
  readonly migrated: readonly VolumeInRoot[];
  /** Those of data that the boot fills with what the parent's root has there, which is not migrated. */
  readonly toFill: readonly VolumeInRoot[];
};

/**
 * Hands on the parent's volumes as its migration sees them; they can be read until `use` returns. Settings and state are
 * migrated together with the root: so each file is decided once, by one policy, with the accounts of both roots, and
 * nothing is renamed from one filesystem to another. The result lies in the new root, and the volume's new branch is a copy
 * of it. What the root itself has below the mount point of a volume that goes on as it is was hidden, and is left behind.
 * Throws Failure as `loadVolumes` and `policyFor` do.
 */
export function withOldVolumes<Result>(
  store: Store,
  { version, parent }: VersionToMake,
  roots: RootsToMigrate,
  use: (volumes: OldVolumes) => Result,
): Result {
  if (parent === null) return use({ parts: [], migrated: [], toFill: [] });
  const bound = volumesTakenOver(store, { version, parent }, roots.old);
  const toFill = dataToFill(store, { version, parent }, roots, bound);
  const opened = { parts: [...storeIn(store, parent, roots.old), ...hidden(toFill)], migrated: [], toFill };
  if (bound.length === 0) return use(opened);
  return open({ store, roots, choose: chooserOf(store, version, roots) }, bound, opened, use);
}

/**
 * A root that is all of the store's filesystem has the store in it, of which an empty directory is shown: it is no mount
 * that somebody would miss in the new root.
 */
function storeIn({ backend, system }: Store, { branch }: VersionRecord, old: string): readonly TreePart[] {
  const location = backend.bootLocation(systemPlace('branch', branch));
  if (location === null) return [];
  const { root, store } = location;
  const isWhole = root.device === store.device && root.subvolume === null && root.object === undefined;
  const at: RootPath = `/${bytesOfText(store.path)}`;
  if (!isWhole || holdsAnything(system, old, at)) return [];
  return [{ at, directory: system.directory(`${old}/${store.path}`) }];
}

/** `migrated`: three-way, with the root. `hidden`, `as it is`: by a branch; what the root has below it is seen or not. */
type Way = 'migrated' | 'hidden' | 'as it is';

/**
 * Settings and state are migrated where an image has something to merge. Where neither has, the volume is the machine's
 * alone, and however large it is, a branch of it takes no time.
 */
function chooserOf(store: Store, version: VersionRecord, roots: RootsToMigrate): (volume: DeclaredVolume) => Way {
  const { system, state } = store;
  const { reset } = version;
  const policy = policyOf(system, roots, reset);
  const isLeft = leftToImage(policy);
  const base = version.base === null ? null : objectAt(state, systemPlace('tag', version.base));
  // A root as it was at its commit that has nothing there tells nothing of what the volume held then.
  const isBorn = base?.record.notes['purpose'] === 'born';
  return (volume) => {
    // What the parent has there goes, but for what is kept; what base has there is not taken for deleted then.
    if (reset !== null && beginsAnew(reset, volume)) {
      return mayKeepBelow(policy, withDeclarations(reset), volume.mountPoint) ? 'migrated' : 'hidden';
    }
    const inBase = roots.base !== null && holdsAnything(system, roots.base, volume.mountPoint);
    const isDelivered = inBase || (!isBorn && holdsAnything(system, roots.new, volume.mountPoint));
    if (isOfVersion(volume) && isDelivered && !isLeft(volume)) return 'migrated';
    // What the root has below data is not known to be in the volume; and what base has would look deleted.
    return inBase || !isOfVersion(volume) ? 'as it is' : 'hidden';
  };
}

/** No file can be called that, so that only rules about all that is in a directory match it. */
const anyName = '\0';

/**
 * Whether the policy leaves all that is at a mount point to the image. A volume there is declared all the same, so that
 * what it holds is wanted: it must not start empty because a broad rule (`ignore /var/**`) was there first.
 */
export function ignoredMountPoint(
  system: System,
  roots: Pick<RootsToMigrate, 'old' | 'new'>,
  reset: Reset | null,
): (volume: DeclaredVolume) => boolean {
  return leftToImage(policyOf(system, roots, reset));
}

function leftToImage({ verdictOf }: Policy): (volume: DeclaredVolume) => boolean {
  return ({ mountPoint }) => verdictOf(childOf(mountPoint, anyName)).verb === 'ignore';
}

function policyOf(system: System, roots: Pick<RootsToMigrate, 'old' | 'new'>, reset: Reset | null): Policy {
  return withRoot(system, roots.old, (ours) =>
    withRoot(system, roots.new, (theirs) =>
      policyFor(system, { ours, theirs }, { policyFiles: null, reset: reset ?? undefined }),
    ),
  );
}

type Opening = {
  readonly store: Store;
  readonly roots: RootsToMigrate;
  readonly choose: (volume: DeclaredVolume) => Way;
};

/** One after the other: what one before hides or replaces decides whether the next has a directory to be seen at. */
function open<Result>(
  opening: Opening,
  [first, ...others]: readonly BoundVolume[],
  opened: OldVolumes,
  use: (volumes: OldVolumes) => Result,
): Result {
  if (first === undefined) return use(opened);
  const { store, roots, choose } = opening;
  const { name, mountPoint } = first.volume;
  const way = isDirectory(store.system, roots.old, opened, mountPoint) ? choose(first.volume) : 'as it is';
  if (way === 'as it is') return open(opening, others, opened, use);
  const next = (directory: TreePart['directory']): Result => {
    const parts = [...opened.parts, { at: mountPoint, directory }];
    const migrated = directory === null ? opened.migrated : [...opened.migrated, { name, mountPoint }];
    return open(opening, others, { ...opened, parts, migrated }, use);
  };
  if (way === 'hidden') return next(null);
  return store.backend.withContent(first.place, { writable: false }, (directory) =>
    next(store.system.directory(directory)),
  );
}

function isDirectory(system: System, old: string, { parts }: OldVolumes, mountPoint: RootPath): boolean {
  const files = system.openRoot(system.directory(old), { parts });
  try {
    return files.status(mountPoint)?.type === 'directory';
  } finally {
    files.close();
  }
}
