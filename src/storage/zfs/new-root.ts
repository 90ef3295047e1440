import { type BootRequest, displayLocation, type RootLocation } from '../../domain/boot-request.ts';
import { Failure } from '../../domain/failure.ts';
import { unfinishedName } from '../../domain/unfinished-root.ts';
import { systemVolume } from '../../domain/version.ts';
import { datasetOfDevice, deviceOfDataset } from '../../domain/zfs-dataset.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { System } from '../../system/system.ts';
import type { NewRoot } from '../new-root.ts';
import { markOf, markProperty, ownMark } from './datasets.ts';
import { importPools } from './import-pools.ts';
import { rootProperties } from './make-object.ts';

/**
 * The result is a clone of the image's snapshot, made under another name; the commit renames it to the one in `root=`. A
 * clone costs nothing, so one that was left unfinished is thrown away; it is never promoted, and rests on the image for
 * good. All pools that the boot needs are imported from here on.
 */
export function prepareZfs(request: BootRequest, workDirectory: string, system: System): NewRoot {
  const { commands, mounts } = system;
  const root = requireDataset(request.root);
  const unfinished = unfinishedName(root);
  const directory = `${workDirectory}/new`;
  importPools(system, request);

  const isThere = (name: string): boolean => mounts.find(deviceOfDataset(name)) !== null;

  function discard(): void {
    mounts.unmount(directory);
    if (!isThere(unfinished)) return;
    if (ownMark(commands, unfinished) === null) throw foreign(unfinished);
    commands.run('zfs', ['destroy', unfinished]);
  }

  /** The image as delivered, which nothing can have changed, and the id of the store whose tag it is. */
  function requireImage(): { readonly image: string; readonly store: string } {
    const image = datasetOfDevice(request.new.device);
    if (image === null || !isThere(image)) throw badImage(request, 'it must be a snapshot of ZFS');
    if (!image.includes('@')) throw badImage(request, 'it is writable, so it may not be as it was delivered');
    const store = ownMark(commands, image)?.split(':')[0];
    if (store === undefined) throw badImage(request, 'it is no tag of a store');
    return { image, store };
  }

  function makeClone(): void {
    const { image, store } = requireImage();
    const mark = markOf(store, { volume: systemVolume, kind: 'branch', name: request.version });
    const settings = [...rootProperties, `${markProperty}=${mark}`].flatMap((one) => ['-o', one]);
    commands.run('zfs', ['clone', ...settings, image, unfinished]);
  }

  function mountAt(location: RootLocation, { writable }: { readonly writable: boolean }): string {
    mounts.unmount(directory);
    mounts.mount(location, directory, { writable });
    return directory;
  }

  return {
    resumes: false,
    isCommitted: () => isThere(root),
    open() {
      discard();
      makeClone();
      return mountAt({ device: deviceOfDataset(unfinished), subvolume: null }, { writable: true });
    },
    openReadOnly: () => mountAt(isThere(root) ? request.root : request.new, { writable: false }),
    commit() {
      withDirectory(system, directory, (files) => files.syncFilesystem());
      mounts.unmount(directory);
      // Durable when it returns: the program waits for the transaction.
      commands.run('zfs', ['rename', unfinished, root]);
    },
    close: () => mounts.unmount(directory),
    discard,
  };
}

function requireDataset({ device }: RootLocation): string {
  const name = datasetOfDevice(device);
  if (name !== null && /^[^/@]+\/[^@]+$/.test(name)) return name;
  throw new Failure({
    code: 'unguarded-root',
    kind: 'failed',
    message: `Cannot migrate to root=${device}: it is not the name of a filesystem in a pool of ZFS`,
    advice: 'Name the dataset that is to be made, as migrate entry does: root=zfs:POOL/DATASET',
  });
}

/** What this makes has the mark of its store from the first instant on. */
function foreign(name: string): Failure {
  return new Failure({
    code: 'exists',
    kind: 'failed',
    message: `Cannot make a root as ${name}: a dataset of that name is there which no store has made`,
    advice: 'Rename it, or destroy it if nobody needs it',
  });
}

function badImage(request: BootRequest, why: string): Failure {
  return new Failure({
    code: 'bad-image',
    kind: 'failed',
    message: `Cannot use ${displayLocation(request.new)} as the new image: ${why}`,
    advice: 'Name the snapshot of a tag in migrate.new=zfs:POOL/DATASET@SNAPSHOT; see migrate entry',
  });
}
