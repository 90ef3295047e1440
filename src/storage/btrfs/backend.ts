import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { locationOf } from '../../files/location.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Backend, BackendKind, Capabilities } from '../backend.ts';
import { makeParents, objectPath, requireFree } from '../object-places.ts';
import { refusePool } from '../pool.ts';
import { listObjects, writeSidecar } from '../sidecars.ts';
import { requireFilesystem } from '../store-filesystem.ts';
import type { TakeOver } from '../take-over.ts';
import { btrfsChanges } from './change-source.ts';
import { withPlaces } from './find-candidates.ts';
import { mountsOfSubvolume } from './mounted-objects.ts';
import { nativeStreams } from './native-streams.ts';
import { placesOfNested } from './nested-subvolumes.ts';
import { removeObject } from './remove-object.ts';
import { requireSubvolume } from './subvolume-object.ts';
import { takeOverSubvolume } from './take-over.ts';
import { writableTags } from './writable-tags.ts';

const capabilities: Capabilities = {
  nativeDiff: true,
  atomicTag: true,
  keepsLinks: true,
  holdsLayers: true,
  streams: ['btrfs'],
};

/** The top of a filesystem is a subvolume that cannot be moved. */
const takeOver: TakeOver = {
  serves: ({ filesystem, root }) => filesystem === 'btrfs' && root !== '/',
  run: takeOverSubvolume,
};

/**
 * A branch is a writable subvolume and a tag a read-only snapshot; nothing rests on anything else. Records are not kept in
 * attributes of the subvolumes, since snapshots inherit those.
 */
export const btrfsBackend: BackendKind = { name: 'btrfs', capabilities, open: openBtrfs, takeOver };

function openBtrfs(storeDirectory: ByteString, system: System, pool?: string): Backend {
  refusePool('btrfs', pool);
  const { commands, mounts } = system;
  withStore((files) => requireFilesystem(system, files, ['btrfs']));
  mounts.sweep();

  function withStore<Result>(use: (files: Files) => Result): Result {
    return withDirectory(system, storeDirectory, use);
  }

  function directoryOf(place: Place): ByteString {
    return `${storeDirectory}${objectPath(place)}`;
  }

  function withRoot<Result>(place: Place, use: (files: Files) => Result): Result {
    withStore((files) => requireSubvolume(files, place));
    return withDirectory(system, directoryOf(place), use);
  }

  function btrfs(...args: string[]): void {
    commands.run('btrfs', args);
  }

  /** Makes a subvolume at the place, and once that is on the disk, its sidecar. */
  function make(place: Place, sidecar: string, run: (files: Files) => void): void {
    withStore((files) => {
      requireFree(files, place);
      makeParents(files, place);
      run(files);
      files.syncFilesystem();
      writeSidecar(files, place, sidecar);
    });
  }

  function nestedIn(place: Place): RootPath[] {
    const inside = withStore((files) => {
      requireSubvolume(files, place);
      return mountsOfSubvolume(system, files, place).inside;
    });
    return [...new Set([...inside, ...placesOfNested(system, directoryOf(place))])].sort();
  }

  function bindAt(place: Place, directory: string, writable: boolean): void {
    withStore((files) => requireSubvolume(files, place));
    // A tag that somebody has made writable is still one.
    mounts.bind(directoryOf(place), directory, { writable: writable && place.kind === 'branch' });
  }

  return {
    name: 'btrfs',
    capabilities,
    native: nativeStreams(system, storeDirectory),
    list: () => withStore(listObjects),
    create(place, sidecar) {
      make(place, sidecar, (files) => {
        btrfs('subvolume', 'create', textOrBytes(directoryOf(place)));
        files.setMode(objectPath(place), 0o755);
      });
    },
    snapshot(from, to, sidecar) {
      make(to, sidecar, (files) => {
        requireSubvolume(files, from);
        const [source, target] = [textOrBytes(directoryOf(from)), textOrBytes(directoryOf(to))];
        btrfs('subvolume', 'snapshot', ...(to.kind === 'tag' ? ['-r'] : []), source, target);
      });
    },
    writeSidecar(place, sidecar) {
      withStore((files) => {
        requireSubvolume(files, place);
        writeSidecar(files, place, sidecar);
      });
    },
    remove: (place, options) => withStore((files) => removeObject(system, files, place, options)),
    nestedIn,
    withContent(place, { writable }, use) {
      return mounts.withMounted((directory) => bindAt(place, directory, writable), { writable }, use);
    },
    mount(place, directory, { writable }) {
      bindAt(place, directory, writable);
    },
    writableTags: () => withStore((files) => writableTags(system, files)),
    bootLocation(place) {
      const store = withStore((files) => locationOf(system, files));
      return { store, root: { device: store.device, subvolume: `${store.path}${objectPath(place)}` } };
    },
    candidates(base, ours) {
      const found = withRoot(base, (first) =>
        withRoot(ours, (second) => btrfsChanges.candidatesOf({ base: first, ours: second, others: [] }, system)),
      );
      // Also where they are mounted elsewhere, as a running root is.
      return found === null ? null : withPlaces(new Map(found), [base, ours].flatMap(nestedIn));
    },
  };
}
