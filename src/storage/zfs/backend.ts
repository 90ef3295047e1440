import type { ByteString } from '../../domain/bytes.ts';
import { addCandidate } from '../../domain/candidates.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Backend, BackendKind, Capabilities } from '../backend.ts';
import { makeParents, noObject, objectPath, requireFree, takenPlace } from '../object-places.ts';
import { listObjectsInPool, writeSidecar } from '../sidecars.ts';
import { requireFilesystem } from '../store-filesystem.ts';
import { locationOf } from './boot-location.ts';
import { compareObjects } from './compare-objects.ts';
import { type Dataset, datasetAt, datasetsIn, nameFor, placesOf } from './datasets.ts';
import { makeCopy, makeEmpty, type Pool } from './make-object.ts';
import { mountDataset } from './mount-object.ts';
import { mountsOfDataset } from './mounted-objects.ts';
import { nativeStreams } from './native-streams.ts';
import { openPool, requireKey, roomIn } from './open-pool.ts';
import { removeObject } from './remove-object.ts';
import { storeIdOf } from './store-id.ts';
import { takeOverDataset } from './take-over.ts';

const capabilities: Capabilities = {
  nativeDiff: true,
  atomicTag: true,
  keepsLinks: true,
  holdsLayers: true,
  streams: ['zfs'],
};

/**
 * A branch is a filesystem and a tag a snapshot of one, below a dataset that is the store's; the directory of the store
 * has their sidecars alone. Branches are clones: what one rests on stays, without a place, until the last that rests on
 * it is gone, so that tags and branches go in any order. What may have changed is told by the stream between snapshots;
 * zfs-diff(8) says nothing of a change to a file whose name it looks for in vain, as it knows the directory of the name
 * that was made last alone, which may have been removed (2.3.9: `ln a d/b; rm d/b; rmdir d`, and no later change of `a`
 * is told).
 */
export const zfsBackend: BackendKind = {
  name: 'zfs',
  capabilities,
  open: openZfs,
  takeOver: null,
  takeOverVolume({ directory, pool }, system, taken) {
    const name = openPool(system.commands, pool);
    withDirectory(system, directory, (files) => takeOverDataset({ system, files, name }, taken));
  },
};

/** Where sidecars survive a restart. */
const filesystems = ['ext4', 'xfs', 'btrfs', 'f2fs', 'zfs'] as const;

function openZfs(storeDirectory: ByteString, system: System, poolName?: string): Backend {
  const { commands, mounts } = system;
  const pool = openPool(commands, poolName);
  withStore((files) => requireFilesystem(system, files, filesystems));
  mounts.sweep();

  function withStore<Result>(use: (files: Files) => Result): Result {
    return withDirectory(system, storeDirectory, use);
  }

  function datasets(files: Files): Dataset[] {
    return datasetsIn(commands, pool, storeIdOf(files));
  }

  function find(all: readonly Dataset[], place: Place): Dataset {
    const dataset = datasetAt(all, place);
    if (dataset === null) throw noObject(place, 'there is no dataset');
    return dataset;
  }

  /** Makes an object and then its sidecar. */
  function make(to: Place, sidecar: string, run: (pool: Pool, all: readonly Dataset[]) => void): void {
    withStore((files) => {
      requireFree(files, to);
      const all = datasets(files);
      const there = datasetAt(all, to);
      if (there !== null) throw takenPlace(to, `${there.name} is there already`);
      makeParents(files, to);
      run({ system, files, name: pool }, all);
      writeSidecar(files, to, sidecar);
    });
  }

  function nestedIn(dataset: Dataset): readonly RootPath[] {
    return [...new Set(mountsOfDataset(system, dataset.name).inside)].sort();
  }

  function objectAt(place: Place): Dataset {
    return withStore((files) => find(datasets(files), place));
  }

  function mountAt(place: Place, directory: string, writable: boolean): void {
    const dataset = objectAt(place);
    requireKey(dataset);
    mountDataset(system, dataset, directory, { writable });
  }

  return {
    name: 'zfs',
    capabilities,
    native: nativeStreams({ system, pool, withStore, datasets }),
    list: () => withStore((files) => listObjectsInPool(files, placesOf(datasets(files)))),
    create(place, sidecar) {
      make(place, sidecar, (where, all) => {
        for (const dataset of all) if (dataset.name === pool) requireKey(dataset);
        makeEmpty(where, place);
      });
    },
    snapshot(from, to, sidecar) {
      make(to, sidecar, (where, all) => {
        const source = find(all, from);
        requireKey(source);
        makeCopy(where, source, to);
      });
    },
    room: () => roomIn(commands, pool),
    writeSidecar(place, sidecar) {
      withStore((files) => {
        find(datasets(files), place);
        writeSidecar(files, place, sidecar);
      });
    },
    remove: (place) => withStore((files) => removeObject({ system, files, name: pool }, () => datasets(files), place)),
    nestedIn: (place) => nestedIn(objectAt(place)),
    withContent(place, { writable }, use) {
      return mounts.withMounted((directory) => mountAt(place, directory, writable), { writable }, use);
    },
    mount(place, directory, { writable }) {
      mountAt(place, directory, writable);
    },
    bootLocation(place) {
      return withStore((files) => {
        const known = datasetAt(datasets(files), place)?.name;
        return locationOf(system, files, known ?? `${pool}/${nameOfRoot(system, storeIdOf(files) ?? '', place)}`);
      });
    },
    candidates(base, ours) {
      const found = withStore((files) => {
        const all = datasets(files);
        return compareObjects({ system, files, name: pool }, all, find(all, base), find(all, ours));
      });
      if (found === null) return null;
      // Also where they are mounted elsewhere.
      for (const place of [base, ours])
        for (const path of nestedIn(objectAt(place))) addCandidate(found, path, 'entry');
      return found;
    },
  };
}

/** What a root that a boot is to make will be called, which its command line says before. */
function nameOfRoot({ digest }: System, storeId: string, place: Place): string {
  return nameFor(place, digest(`${storeId} ${objectPath(place)}`));
}
