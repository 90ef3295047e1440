import type { ByteString } from '../../domain/bytes.ts';
import { addCandidate, type CandidateScope, type Candidates } from '../../domain/candidates.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Backend, BackendKind, Capabilities } from '../backend.ts';
import { type MountNamespace, mountNamespaces, ownNamespace, placesMountedIn } from '../mount-namespaces.ts';
import { makeDirectories, makeParents, noObject, objectPath, requireFree } from '../object-places.ts';
import { refusePool } from '../pool.ts';
import { listObjects, writeSidecar } from '../sidecars.ts';
import { requireFilesystem } from '../store-filesystem.ts';
import type { TakeOver } from '../take-over.ts';
import { locationOf } from './boot-location.ts';
import { makeBranchDirectory } from './branch-directory.ts';
import { addLayer } from './find-candidates.ts';
import { freezeBranch, freezeProblem } from './freeze-branch.ts';
import { emptyPath, type LayerId, readLayers, writeLayers } from './layers.ts';
import { treesNotShared } from './lineage.ts';
import { mountObject } from './mount-object.ts';
import { mountsOfObject } from './mounted-objects.ts';
import { removeObject } from './remove-object.ts';
import { hostPath, looksOf, stackOf } from './stack.ts';
import { takeOverFilesystem } from './take-over.ts';
import { isWholeFilesystem, refuseWholeFilesystem } from './whole-filesystem.ts';

/** Those that keep `trusted.` attributes and whiteouts, and survive a restart. */
const filesystems = ['ext4', 'xfs', 'btrfs', 'f2fs'] as const;

const capabilities: Capabilities = {
  nativeDiff: true,
  atomicTag: false,
  keepsLinks: false,
  holdsLayers: false,
  streams: [],
};

/** A root on btrfs is better kept as a subvolume. */
const takeOver: TakeOver = {
  serves: ({ filesystem, root }) =>
    root === '/' && filesystem !== 'btrfs' && filesystems.some((one) => one === filesystem),
  run: takeOverFilesystem,
};

/**
 * The image below, own layers above, by overlayfs on any filesystem that can hold one. A tag is a list of layers and a
 * branch changes over such a list (`layers.ts` says how they lie in the store), so tags and branches go in any order. A
 * whiteout, the character device 0:0, and what is marked as a part of a layer cannot be content.
 */
export const overlayBackend: BackendKind = {
  name: 'overlay',
  capabilities,
  open: openOverlay,
  takeOver,
};

function openOverlay(storeDirectory: ByteString, system: System, pool?: string): Backend {
  refusePool('overlay', pool);
  withStore((files) => requireFilesystem(system, files, filesystems));
  system.mounts.sweep();

  function withStore<Result>(use: (files: Files) => Result): Result {
    return withDirectory(system, storeDirectory, use);
  }

  /** Makes the directory of an object, and once that is on the disk, its sidecar. */
  function make(files: Files, place: Place, sidecar: string, layers: readonly LayerId[]): void {
    const path = objectPath(place);
    makeParents(files, place);
    makeDirectories(files, emptyPath);
    if (place.kind === 'branch') makeBranchDirectory(files, path, layers);
    else {
      files.makeDirectory(path);
      writeLayers(files, path, layers);
    }
    files.syncFilesystem();
    writeSidecar(files, place, sidecar);
  }

  function mountAt(place: Place, directory: string, writable: boolean): void {
    withStore((files) => mountObject(system, files, place, { directory, writable }));
  }

  function nestedIn(files: Files, places: readonly Place[], namespaces: readonly MountNamespace[]): RootPath[] {
    const mounted = places.flatMap((place) => mountsOfObject(system, looksOf(system, files, place), namespaces));
    return [...new Set(mounted.flatMap(({ mount, namespace }) => placesMountedIn(mount, namespace)))].sort();
  }

  return {
    name: 'overlay',
    capabilities,
    native: null,
    list: () => withStore(listObjects),
    create(place, sidecar) {
      withStore((files) => {
        requireFree(files, place);
        make(files, place, sidecar, []);
      });
    },
    snapshot(from, to, sidecar) {
      withStore((files) => {
        requireFree(files, to);
        const stack = stackOf(files, from);
        refuseWholeFilesystem(from, stack.layers);
        make(files, to, sidecar, stack.own === null ? stack.layers : freezeBranch(system, files, from, stack));
      });
    },
    snapshotProblem: (from) => withStore((files) => freezeProblem(files, from)),
    writeSidecar(place, sidecar) {
      withStore((files) => {
        if (files.status(objectPath(place)) === null) throw noObject(place, 'it is not there');
        writeSidecar(files, place, sidecar);
      });
    },
    remove: (place) => withStore((files) => removeObject(system, files, place)),
    leavesContent(place) {
      return withStore((files) => {
        const layers = readLayers(files, objectPath(place));
        return typeof layers !== 'string' && isWholeFilesystem(layers);
      });
    },
    nestedIn: (place) => withStore((files) => nestedIn(files, [place], mountNamespaces(system))),
    withContent(place, { writable }, use) {
      return system.mounts.withMounted((directory) => mountAt(place, directory, writable), { writable }, use);
    },
    mount(place, directory, { writable }) {
      mountAt(place, directory, writable);
    },
    bootLocation: (place) => locationOf(system, withStore, place),
    candidates(base, ours) {
      return withStore((files): Candidates | null => {
        const trees = treesNotShared(stackOf(files, base), stackOf(files, ours));
        if (trees === null) return null;
        const candidates = new Map<RootPath, CandidateScope>();
        for (const { tree, below } of trees) {
          addLayer(files, tree, candidates, (path) => {
            if (below !== null) system.lookAhead(hostPath(files, `${below}${path}`));
          });
        }
        for (const path of nestedIn(files, [base, ours], [ownNamespace(system)]))
          addCandidate(candidates, path, 'entry');
        return candidates;
      });
    },
  };
}
