import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { type Dataset, markOf, markProperty, nameFor } from './datasets.ts';
import { ensureStoreId } from './store-id.ts';

/** Where objects are made. */
export type Pool = {
  readonly system: System;
  /** Of the store's directory. */
  readonly files: Files;
  /** The dataset below which they lie. */
  readonly name: string;
};

/** What a root needs, whatever datasets above have. */
const treeProperties: readonly string[] = [
  ...['canmount=noauto', 'readonly=off', 'snapdir=hidden', 'xattr=sa', 'acltype=posix'],
  ...['devices=on', 'setuid=on', 'exec=on', 'relatime=on'],
];

/** Nobody but this program, or a unit that it has made, mounts it. */
export const filesystemProperties: readonly string[] = [...treeProperties, 'mountpoint=legacy'];

/** An initramfs mounts it as the root: before OpenZFS 2.2, dracut's module always did so as `zfs mount` does (`zfsutil`). */
export const rootProperties: readonly string[] = [...treeProperties, 'mountpoint=/'];

/** Makes an empty branch. */
export function makeEmpty(pool: Pool, place: Place): void {
  makeDataset(pool, ['create'], `${pool.name}/${nameFor(place, pool.system.newUuid())}`, place);
}

/** Makes a branch or tag with the content that a dataset has now. */
export function makeCopy(pool: Pool, from: Dataset, to: Place): void {
  (to.kind === 'tag' ? makeTag : makeBranch)(pool, from, to, nameFor(to, pool.system.newUuid()));
}

function makeTag(pool: Pool, from: Dataset, to: Place, name: string): void {
  if (!from.isSnapshot) {
    makeDataset(pool, ['snapshot'], `${from.name}@${name}`, to);
    return;
  }
  // There are no snapshots of snapshots.
  makeDataset(pool, ['clone', from.name], `${pool.name}/${name}`, null);
  makeDataset(pool, ['snapshot'], `${pool.name}/${name}@${name}`, to);
}

function makeBranch(pool: Pool, from: Dataset, to: Place, name: string): void {
  if (from.isSnapshot) {
    makeDataset(pool, ['clone', from.name], `${pool.name}/${name}`, to);
    return;
  }
  const origin = `${from.name}@${name}`;
  makeDataset(pool, ['snapshot'], origin, null);
  makeDataset(pool, ['clone', origin], `${pool.name}/${name}`, to);
  pool.system.commands.run('zfs', ['destroy', '-d', origin]);
}

/** Makes a dataset, which has its mark from the start. */
export function makeDataset({ system, files }: Pool, verb: readonly string[], name: string, place: Place | null): void {
  const mark = `${markProperty}=${markOf(ensureStoreId(files, system.newUuid), place)}`;
  const settings = verb[0] === 'snapshot' ? [mark] : [...filesystemProperties, mark];
  const [command = '', ...origin] = verb;
  system.commands.run('zfs', [command, ...settings.flatMap((one) => ['-o', one]), ...origin, name]);
}

/** Says of a dataset which object it is from now on; null where it is there only as others rest on it. */
export function markDataset(
  { system, files }: Pick<Pool, 'system' | 'files'>,
  name: string,
  place: Place | null,
): void {
  const mark = markOf(ensureStoreId(files, system.newUuid), place);
  system.commands.run('zfs', ['set', `${markProperty}=${mark}`, name]);
}
