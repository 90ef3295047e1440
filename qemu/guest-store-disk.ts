import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { guestRootDisk } from './guest-disks.ts';
import type { Image } from './images.ts';
import type { Disk } from './machine.ts';
import { dataDisk } from './partition-disk.ts';
import { emptyDisk, makeSources, runOnGuest } from './prepared-by-guest.ts';
import type { Scenario } from './scenario.ts';
import { asOnTheMachine } from './store-disk.ts';

type Images = { readonly old: Image; readonly new: Image };

/** A kind of storage that the kernel here lacks: another guest does what the operator of such a machine does. */
export type GuestMadeStore = {
  /** Has what the operator needs. */
  readonly guest: () => Promise<Image>;
  /** Lines for sh -eu on the host: what every image needs besides, in $root; and the old machine, in `old`, to `sources`. */
  readonly amend: string;
  readonly putMachine: string;
  /**
   * Lines for sh -eu of the guest: puts the machine that is at /sources on the disk virtio-disk, and mounts it at /machine, with the
   * filesystem of its store in it at /machine/migrate.
   */
  readonly makeMachine: readonly string[];
  /** Of the kernel that the machine runs. */
  readonly commandLine: string;
  /** Options of `migrate store create`. */
  readonly store: string;
  /** The same as `saveEntry`, of files of that storage. */
  readonly saveEntry: (name: string) => string;
  /** Lines for sh -eu of the guest, with nothing mounted any more: leaves the disk as a machine does that goes off. */
  readonly leave: string;
};

/**
 * A machine that its operator has put into a store, with its first update staged; the disk of its loader, which comes first, and
 * that of its data: see the layouts `store-lvm` and `store-zfs`.
 */
export async function guestStoreDisks(
  storage: GuestMadeStore,
  { scenario, images, directory }: { readonly scenario: Scenario; readonly images: Images; readonly directory: string },
): Promise<readonly Disk[]> {
  const { amend, putMachine } = storage;
  const diskCalled = (name: string): Disk => ({ name, file: join(directory, `${name}.img`) });
  const [loader, disk, data] = [diskCalled('loader'), diskCalled('disk'), diskCalled('data')];
  const [sources, root] = [diskCalled('sources'), diskCalled('root')];
  await emptyDisk(loader, '400M', 'LOADER');
  await command('truncate', ['--size', '6G', disk.file]);
  await command('cp', ['--sparse=always', (await dataDisk()).path, data.file]);
  await makeSources({ scenario, images, amend, putMachine }, { sources, data });
  const guest = await storage.guest();
  await command('cp', ['--sparse=always', (await guestRootDisk(guest, [])).path, root.file]);
  const script = preparation(storage, images, scenario.diskChanges ?? '');
  await runOnGuest(guest, script, { disks: [root, sources, loader, disk], directory });
  for (const { file } of [sources, root]) await rm(file);
  return [loader, disk, data];
}

/** What the operator does. Images are called by their release, and one of the release that the machine has already `newer`. */
function preparation(
  { makeMachine, commandLine, store, saveEntry, leave }: GuestMadeStore,
  { old, new: image }: Images,
  more: string,
): string {
  const first = `${old.suite}.1`;
  const name = image.suite === old.suite ? 'newer' : image.suite;
  return [
    'set -eu',
    'mkdir /sources /machine',
    'mount -o ro LABEL=SOURCES /sources',
    ...makeMachine,
    'cd /run',
    asOnTheMachine(commandLine),
    'export PATH=/sources:$PATH MIGRATE_STORE=/machine/migrate TMPDIR=/var/tmp',
    `migrate store create /machine/migrate ${store} --host atlas`,
    `migrate init --root /machine --store /machine/migrate --image /sources/old --name ${old.suite}`,
    `migrate stage /sources/next --name next --parent ${first} --no-arm`,
    `migrate stage /sources/new --name ${name} --parent ${first}`,
    saveEntry('next'),
    saveEntry(first),
    more,
    'umount /machine/migrate /machine',
    leave,
  ].join('\n');
}
