import { displayBytes } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import { isBelow } from '../domain/path.ts';
import { boundBranch } from '../domain/version.ts';
import type { Store } from '../store/store.ts';
import type { TreePart } from '../system/files.ts';
import { boundaryToRead } from '../tree/boundary.ts';
import { type BindingStep, bindVolumes } from '../versions/bind-volumes.ts';
import { storedVolumes } from '../versions/carry-out-bindings.ts';
import { type BoundVolume, holdsAnything } from './bound-volumes.ts';
import { volumeAt } from './fill-volume.ts';
import { loadVolumes } from './load-volumes.ts';
import type { RootsToMigrate, VersionToMake, VolumeInRoot } from './version-to-make.ts';
import { withRoot } from './with-root.ts';

/**
 * Volumes of data that the boot is to fill with what the parent's root has at their mount points: that is data, however
 * much, and none of the root's migration. Where the old image has something there it would look deleted, so that then the
 * root is migrated with it. `bound` are those that the parent mounts.
 */
export function dataToFill(
  store: Store,
  { version, parent }: VersionToMake,
  { base, old, new: image }: RootsToMigrate,
  bound: readonly BoundVolume[],
): VolumeInRoot[] {
  if (parent === null || version.reset !== null) return [];
  const { system } = store;
  const declared = declaredBy(store, old, image).filter(({ name, class: volumeClass, mountPoint }) => {
    const isNew = volumeClass === 'data' && boundBranch(parent, name) === null && volumeAt(bound, mountPoint) === null;
    if (!isNew || (base !== null && holdsAnything(system, base, mountPoint))) return false;
    return withRoot(system, old, (root) => {
      if (root.status(mountPoint)?.type !== 'directory' || root.list(mountPoint).length === 0) return false;
      return boundaryToRead(root, mountPoint) === null;
    });
  });
  const steps = stepsFor(store, { version, parent }, declared);
  return declared.filter((volume) => isFilled(steps, volume)).map(({ name, mountPoint }) => ({ name, mountPoint }));
}

/** Nothing is seen of them in the parent's root. */
export function hidden(data: readonly VolumeInRoot[]): TreePart[] {
  const outermost = data.filter(({ mountPoint }) => data.every((other) => !isBelow(mountPoint, other.mountPoint)));
  return outermost.map(({ mountPoint }) => ({ at: mountPoint, directory: null }));
}

/** What the migration has left to volumes must come into them. Throws Failure `mount-point`. */
export function requireFilled(steps: readonly BindingStep[], data: readonly VolumeInRoot[]): void {
  const left = data.find((volume) => !isFilled(steps, volume));
  if (left === undefined) return;
  throw new Failure({
    code: 'mount-point',
    kind: 'failed',
    message: `Cannot leave ${displayBytes(left.mountPoint)} to the volume ${left.name}: the new version does not declare it there`,
    advice: 'Have the policy carry the declarations in /etc/migrate/volumes.d, or take this one away',
  });
}

function isFilled(steps: readonly BindingStep[], { name, mountPoint }: VolumeInRoot): boolean {
  return steps.some(
    (step) =>
      step.kind === 'create-branch' &&
      step.volume === name &&
      step.filledFrom.root === 'old' &&
      step.filledFrom.path === mountPoint,
  );
}

/** By both roots. What cannot be read or bound is refused when the bindings are planned. */
function declaredBy({ system }: Store, old: string, image: string): DeclaredVolume[] {
  return withRoot(system, old, (ours) =>
    withRoot(system, image, (theirs) => orNone(() => loadVolumes({ theirs, ours }))),
  );
}

function stepsFor(
  store: Store,
  { version, parent }: VersionToMake,
  declared: readonly DeclaredVolume[],
): BindingStep[] {
  const stored = storedVolumes(store.state, version);
  const inParent = new Set(declared.map(({ name }) => name));
  const none: ReadonlySet<string> = new Set();
  const request = { version: version.id, parent, declared, stored, migrated: none, anew: none, inParent };
  return orNone(() => [...bindVolumes(request).steps]);
}

function orNone<Element>(read: () => Element[]): Element[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [];
  }
}
