import { type BootRequest, displayLocation, type RootLocation } from '../../domain/boot-request.ts';
import { type LogicalVolume, mapperPath, volumeOfMapper } from '../../domain/device-mapper.ts';
import { Failure } from '../../domain/failure.ts';
import { unfinishedName } from '../../domain/unfinished-root.ts';
import { systemVolume } from '../../domain/version.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { System } from '../../system/system.ts';
import type { NewRoot } from '../new-root.ts';
import { activateForBoot } from './activate-for-boot.ts';
import { activate, activating, takeAway } from './activation.ts';
import { requireSpace } from './free-space.ts';
import { marks } from './make-volume.ts';
import { readPool } from './thin-pool.ts';
import { type FoundVolume, findVolume } from './volume-by-name.ts';

/**
 * The result is a thin snapshot of the image's volume, made under another name; the commit renames it to the one in
 * `root=`. A snapshot costs nothing, so one that was left unfinished is thrown away. All volumes that the boot needs are
 * active from here on, and `root=` finds its own as soon as that is committed.
 */
export function prepareLvmThin(request: BootRequest, workDirectory: string, system: System): NewRoot {
  const { commands, mounts } = system;
  const root = requireVolume(request.root);
  const { group } = root;
  const unfinished = unfinishedName(root.name);
  const directory = `${workDirectory}/new`;
  activateForBoot(system, request);

  function discard(): void {
    mounts.unmount(directory);
    const found = findVolume(commands, { group, name: unfinished });
    if (found === null) return;
    if (found.store === null) throw foreign(found);
    if (found.isActive) takeAway(system, { group }, unfinished);
    commands.run('lvremove', [`${group}/${unfinished}`]);
  }

  /** The image as delivered: a tag in the pool, which nothing can have changed. */
  function requireImage(): FoundVolume {
    const image = volumeOfMapper(request.new.device);
    const found = image?.group === group ? findVolume(commands, image) : null;
    if (found === null) throw badImage(request, `it must be a volume of ${group}`);
    if (found.isWritable) throw badImage(request, 'it is writable, so it may not be as it was delivered');
    return found;
  }

  function makeSnapshot(): void {
    const { name, pool, store } = requireImage();
    if (pool === null || store === null) throw badImage(request, 'it is no thin volume of a store');
    const of = { group, pool, store };
    requireSpace(commands, of, readPool(commands, of));
    const place = { volume: systemVolume, kind: 'branch', name: request.version } as const;
    const options = ['--name', unfinished, ...marks(of, place), ...activating];
    commands.run('lvcreate', ['--yes', '--snapshot', ...options, `${group}/${name}`]);
  }

  function mountReadOnly(location: RootLocation): void {
    mounts.unmount(directory);
    mounts.mount(location, directory, { writable: false });
  }

  return {
    resumes: false,
    isCommitted: () => findVolume(commands, root) !== null,
    open() {
      discard();
      makeSnapshot();
      mounts.mount({ device: mapperPath({ group, name: unfinished }), subvolume: null }, directory, { writable: true });
      return directory;
    },
    openReadOnly() {
      mountReadOnly(findVolume(commands, root) === null ? request.new : request.root);
      return directory;
    },
    commit() {
      withDirectory(system, system.directory(directory), (files) => files.syncFilesystem());
      mounts.unmount(directory);
      takeAway(system, { group }, unfinished);
      commands.run('lvrename', [group, unfinished, root.name]);
      activate(system, { group }, root.name);
      mounts.waitForAny([request.root.device], nodeSeconds);
    },
    close: () => mounts.unmount(directory),
    discard,
  };
}

/** How long the device manager may take to make the node. */
const nodeSeconds = 30;

function requireVolume({ device }: RootLocation): LogicalVolume {
  const volume = volumeOfMapper(device);
  if (volume !== null) return volume;
  throw new Failure({
    code: 'unguarded-root',
    kind: 'failed',
    message: `Cannot migrate to root=${device}: it is not the name of a volume of LVM`,
    advice: 'Name the volume that is to be made, as migrate entry does: root=/dev/mapper/GROUP-VOLUME',
  });
}

/** What this makes has the tag of its store from the first instant on. */
function foreign({ group, name }: LogicalVolume): Failure {
  return new Failure({
    code: 'exists',
    kind: 'failed',
    message: `Cannot make a root as ${group}/${name}: a volume of that name is there which no store has made`,
    advice: 'Rename it, or remove it if nobody needs it',
  });
}

function badImage(request: BootRequest, why: string): Failure {
  return new Failure({
    code: 'bad-image',
    kind: 'failed',
    message: `Cannot use ${displayLocation(request.new)} as the new image: ${why}`,
    advice: 'Name the volume of a tag in migrate.new=/dev/mapper/GROUP-VOLUME; see migrate entry',
  });
}
