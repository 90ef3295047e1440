import { displayBytes, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { ancestorsOf, isBelow, type RootPath } from '../domain/path.ts';
import { boundBranch, type VersionRecord } from '../domain/version.ts';
import type { Place } from '../domain/volume.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { Store } from '../store/store.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { bindVolumes } from '../versions/bind-volumes.ts';
import { carryOutBindings, storedVolumes } from '../versions/carry-out-bindings.ts';
import { writeVersion } from '../versions/records.ts';
import { loadVolumes } from './load-volumes.ts';
import type { VersionInStore } from './record-at-boot.ts';
import { versionCalled } from './staging/change-version.ts';
import { mountVolumesIn } from './staging/mount-volumes.ts';
import { withStoreAt } from './store-at-boot.ts';
import { withRoot } from './with-root.ts';

/** Where the roots of a migration are mounted. */
export type RootsAtBoot = { readonly old: string; readonly result: string };

/**
 * Gives the version that is being made its volumes, before its root is committed: those that its root declares, per
 * version or shared, and the units that mount them. The old system does not run any more, so nothing that is written to
 * its volumes is lost. Returns what a person should hear of. Throws Failure.
 */
export async function bindVolumesAtBoot(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: VersionInStore,
  roots: RootsAtBoot,
): Promise<string[]> {
  return await withStoreAt(system, storeKinds, store, (opened) => bind(opened, version, roots));
}

function bind(store: Store, id: string, { old, result }: RootsAtBoot): string[] {
  const { system } = store;
  const declared = withRoot(system, result, (root) => loadVolumes({ theirs: root, ours: root }));
  withRoot(system, result, (root) => {
    for (const { mountPoint } of declared) requireMountPoint(root, mountPoint);
  });
  const version = versionCalled(store, id);
  const parent = version.parent === null ? null : versionCalled(store, version.parent);
  const stored = storedVolumes(store.state, id);
  const { bindings, steps, undeclared } = bindVolumes({ version: id, parent, declared, stored });
  carryOutBindings(store, { version: id, steps }, (from, directory) =>
    fillFrom(store, { old, parent }, from, directory),
  );
  writeVersion(store.files, { ...version, bindings });
  withRoot(system, result, (root) => mountVolumesIn(store, root, { id, bindings }, declared));
  return [
    ...declared.map(
      ({ name, mountPoint }) => `volume ${name}: branch ${bindings[name]} at ${displayBytes(mountPoint)}`,
    ),
    ...undeclared.map((name) => `volume ${name} is declared no more, and nothing mounts it`),
  ];
}

/** systemd mounts nothing through a link, and where something else is than a directory. Throws Failure `mount-point`. */
function requireMountPoint(root: Files, mountPoint: RootPath): void {
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

/** What the parent had there: where a volume of its own was mounted above, that is in the volume, not in its root. */
function fillFrom(
  { backend, system }: Store,
  { old, parent }: { readonly old: string; readonly parent: VersionRecord | null },
  from: RootPath,
  directory: string,
): void {
  const volumes = parent === null ? [] : boundVolumes(system, old, parent);
  const above = volumes.findLast(({ mountPoint }) => isBelow(from, mountPoint));
  if (above === undefined) {
    fill(system, old, from, directory);
    return;
  }
  backend.withContent(above.place, { writable: false }, (content) =>
    fill(system, content, from.slice(above.mountPoint.length), directory),
  );
}

/** Where a version mounts which branches; one before those that lie in it. */
function boundVolumes(system: System, root: string, version: VersionRecord): { mountPoint: RootPath; place: Place }[] {
  const declared = withRoot(system, root, (files) => loadVolumes({ theirs: files, ours: files }));
  return declared.flatMap(({ name, mountPoint }) => {
    const branch = boundBranch(version, name);
    return branch === null ? [] : [{ mountPoint, place: { volume: name, kind: 'branch', name: branch } }];
  });
}

/**
 * A volume that is new starts with what the old root has at its mount point (case 120). Throws Failure `mount-point` where
 * that is reached through a link: it would vanish from there.
 */
function fill(system: System, old: string, from: RootPath, directory: string): void {
  const isThere = withRoot(system, old, (files) => {
    requireMountPoint(files, from);
    return files.status(from) !== null;
  });
  if (!isThere) return;
  const source = `${old}${textOrBytes(from)}/.`;
  system.commands.run('cp', ['--archive', '--reflink=auto', '--one-file-system', source, directory]);
  withRoot(system, directory, (files) => files.syncFilesystem());
}
