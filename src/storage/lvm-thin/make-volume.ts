import type { Place } from '../../domain/volume.ts';
import type { System } from '../../system/system.ts';
import { activating, deactivate, devicePath, whileLocked } from './activation.ts';
import { mountVolume } from './mount-object.ts';
import type { PoolOfStore } from './thin-pool.ts';
import { placeTag, storeTag } from './volume-tags.ts';

/** LVM's names are shorter than ours and have fewer characters; what the volume is stands in its tags. */
export function nameOfVolume({ digest }: System, { store }: PoolOfStore, place: Place): string {
  return `migrate_${digest(`${store} ${placeTag(place)}`).slice(0, 24)}`;
}

/** For lvcreate(8): whose it is, and that it is never active by itself; see `whileLocked`. */
export function marks({ store }: PoolOfStore, place: Place): string[] {
  return ['--addtag', storeTag(store), '--addtag', placeTag(place), '--setactivationskip', 'y'];
}

/**
 * A filesystem that takes no room for what it does not hold: the pool hands out cleared blocks, so that neither inode
 * tables nor the journal have to be. It stops at the first error, as of a pool that is full.
 */
const mkfs = ['-q', '-F', '-t', 'ext4', '-e', 'remount-ro', '-E', 'assume_storage_prezeroed=1,nodiscard'];

/** Makes a volume with an empty filesystem, as large as the pool: the pool is what limits all of them. */
export function makeEmptyVolume(system: System, of: PoolOfStore, place: Place, size: number): void {
  const name = nameOfVolume(system, of, place);
  const { commands, mounts, openRoot } = system;
  const form = ['--type', 'thin', '--thinpool', of.pool, '--virtualsize', `${size}b`, '--name', name];
  whileLocked(system, () => {
    commands.run('lvcreate', ['--yes', ...form, ...marks(of, place), ...activating, of.group]);
    commands.run('mke2fs', [...mkfs, devicePath(of, name)]);
  });
  mounts.withMounted(
    (directory) => mountVolume(system, of, { name, kind: 'branch' }, { directory, writable: true }),
    { writable: true },
    (directory) => {
      const files = openRoot(directory);
      try {
        files.removeDirectory('/lost+found');
        files.setMode('/', 0o755);
      } finally {
        files.close();
      }
    },
  );
  deactivate(system, of, name);
}

/** Makes a volume with the content that another has now, also while it is written to. */
export function makeSnapshot(system: System, of: PoolOfStore, from: { readonly name: string }, to: Place): void {
  const name = nameOfVolume(system, of, to);
  const { commands, mounts } = system;
  commands.run('lvcreate', ['--yes', '--snapshot', '--name', name, ...marks(of, to), `${of.group}/${from.name}`]);
  if (to.kind === 'branch') return;
  // What was open or unlinked in the source is put in order now: a volume that cannot be written to could not be mounted.
  mounts.withMounted(
    (directory) => mountVolume(system, of, { name, kind: 'branch' }, { directory, writable: true }),
    { writable: true },
    () => undefined,
  );
  deactivate(system, of, name);
  commands.run('lvchange', ['--permission', 'r', `${of.group}/${name}`]);
}
