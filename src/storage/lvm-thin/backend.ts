import { afterwards } from '../../domain/afterwards.ts';
import type { ByteString } from '../../domain/bytes.ts';
import type { Failure } from '../../domain/failure.ts';
import { isInitramfs } from '../../domain/initramfs.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Backend, BackendKind, Capabilities } from '../backend.ts';
import { placesMountedIn } from '../mount-namespaces.ts';
import { makeParents, noObject, objectPath, requireFree, takenPlace } from '../object-places.ts';
import { requirePool } from '../pool.ts';
import { listObjectsInPool, writeSidecar } from '../sidecars.ts';
import { requireFilesystem } from '../store-filesystem.ts';
import { deactivate, deactivateUnused } from './activation.ts';
import { locationOf } from './boot-location.ts';
import { requireSpace, roomIn } from './free-space.ts';
import { makeEmptyVolume, makeSnapshot, nameOfVolume } from './make-volume.ts';
import { mountVolume } from './mount-object.ts';
import { mountsOfVolume } from './mounted-objects.ts';
import { removeObject } from './remove-object.ts';
import { makeStoreId, readStoreId } from './store-id.ts';
import { takeOverVolume } from './take-over.ts';
import { type PoolOfStore, type PoolState, parsePool, readPool, type ThinVolume } from './thin-pool.ts';
import { writableTags } from './writable-tags.ts';

const capabilities: Capabilities = {
  nativeDiff: false,
  atomicTag: true,
  keepsLinks: true,
  holdsLayers: true,
  streams: [],
};

/**
 * A branch is a thin volume with an ext4 filesystem and a tag one that cannot be written to, all in one thin pool; nothing
 * rests on anything else. What a volume is stands in its LVM tags, together with the store that made it: others may use
 * the pool too.
 */
export const lvmThinBackend: BackendKind = {
  name: 'lvm-thin',
  capabilities,
  open: openLvmThin,
  takeOver: null,
  takeOverVolume({ directory, pool }, system, taken) {
    const store = withDirectory(system, directory, (files) => makeStoreId(files, system));
    takeOverVolume(system.commands, { ...parsePool(pool), store }, taken);
  },
};

type Found = { readonly of: PoolOfStore; readonly volume: ThinVolume };

/** Where the records lie; they have to be there after a restart. */
const filesystems = ['ext4', 'xfs', 'btrfs', 'f2fs'] as const;

function openLvmThin(storeDirectory: ByteString, system: System, poolName?: string): Backend {
  const names = parsePool(requirePool('lvm-thin', poolName, 'VG/POOL'));
  const { commands, mounts } = system;
  withStore((files) => requireFilesystem(system, files, filesystems));
  mounts.sweep();
  // Looked at also where the store has no volumes yet: a pool that is not there is told at once.
  const { of: first, state } = withStore(look);
  // In an initramfs a root that is active is about to be mounted.
  if (!isInitramfs(system)) deactivateUnused(system, first, state.volumes);

  function withStore<Result>(use: (files: Files) => Result): Result {
    return withDirectory(system, storeDirectory, use);
  }

  /** Looks at the pool; a store that has no id has no volumes. */
  function look(files: Files): { readonly of: PoolOfStore; readonly state: PoolState } {
    const of = { ...names, store: readStoreId(files) ?? '' };
    return { of, state: readPool(commands, of) };
  }

  function find(files: Files, place: Place): Found | null {
    const { of, state } = look(files);
    const volume = volumeAt(state, place);
    return volume === null ? null : { of, volume };
  }

  function requireVolume(place: Place): Found {
    const found = withStore((files) => find(files, place));
    if (found === null) throw noVolume(place);
    return found;
  }

  /** Makes a volume, and once it is whole, its sidecar. */
  function make(place: Place, sidecar: string, run: (of: PoolOfStore, state: PoolState) => void): void {
    withStore((files) => {
      requireFree(files, place);
      const of = { ...names, store: makeStoreId(files, system) };
      const state = readPool(commands, of);
      if (volumeAt(state, place) !== null) throw takenPlace(place, 'the pool has a volume for it already');
      requireSpace(commands, of, state);
      makeParents(files, place);
      run(of, state);
      writeSidecar(files, place, sidecar);
    });
  }

  function mountAt({ of, volume }: Found, directory: string, writable: boolean): void {
    mountVolume(system, of, { name: volume.name, kind: volume.place.kind }, { directory, writable });
  }

  return {
    name: 'lvm-thin',
    capabilities,
    list() {
      return withStore((files) => {
        const { volumes } = look(files).state;
        return listObjectsInPool(
          files,
          volumes.map(({ place }) => place),
        );
      });
    },
    create(place, sidecar) {
      make(place, sidecar, (of, { size }) => makeEmptyVolume(system, of, place, size));
    },
    snapshot(from, to, sidecar) {
      make(to, sidecar, (of, state) => {
        const source = volumeAt(state, from);
        if (source === null) throw noVolume(from);
        makeSnapshot(system, of, source, to);
      });
    },
    room: () =>
      withStore((files) => {
        const { of, state } = look(files);
        return roomIn(commands, of, state);
      }),
    writeSidecar(place, sidecar) {
      requireVolume(place);
      withStore((files) => writeSidecar(files, place, sidecar));
    },
    remove: (place) => withStore((files) => removeObject(system, files, place, find(files, place))),
    nestedIn(place): RootPath[] {
      const found = mountsOfVolume(system, requireVolume(place).volume);
      return [...new Set(found.flatMap(({ mount, namespace }) => placesMountedIn(mount, namespace)))].sort();
    },
    withContent(place, { writable }, use) {
      const found = requireVolume(place);
      return afterwards(
        () => mounts.withMounted((directory) => mountAt(found, directory, writable), { writable }, use),
        // The devices of those that need it would go with it.
        () => (found.volume.neededBy === null ? deactivate(system, found.of, found.volume.name) : undefined),
      );
    },
    mount(place, directory, { writable }) {
      mountAt(requireVolume(place), directory, writable);
    },
    candidates: () => null,
    writableTags: () =>
      withStore((files) => {
        const { of, state } = look(files);
        return writableTags(of, state);
      }),
    bootLocation(place) {
      return withStore((files) => {
        const { of, state } = look(files);
        const name = volumeAt(state, place)?.name ?? nameOfVolume(system, of, place);
        return locationOf(system, files, { group: of.group, name });
      });
    },
    native: null,
  };
}

function volumeAt({ volumes }: PoolState, place: Place): ThinVolume | null {
  return volumes.find((one) => objectPath(one.place) === objectPath(place)) ?? null;
}

function noVolume(place: Place): Failure {
  return noObject(place, 'the pool has no volume for it');
}
