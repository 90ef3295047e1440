import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { guestRootDisk } from './guest-disks.ts';
import type { Image } from './images.ts';
import { saveEntry } from './lvm-loader.ts';
import type { Disk } from './machine.ts';
import { dataDisk } from './partition-disk.ts';
import { emptyDisk, makeSources, runOnGuest } from './prepared-by-guest.ts';
import type { Scenario } from './scenario.ts';
import { asOnTheMachine } from './store-disk.ts';
import { debianWithZfs } from './zfs-image.ts';

type Images = { readonly old: Image; readonly new: Image };

/**
 * A machine on a dataset of a pool that its operator has put into a store, with its first update staged, the disk of its
 * loader, which comes first, and that of its data: see the layout `store-zfs`. The kernel here has no ZFS: another guest does
 * what the operator does.
 */
export async function zfsStoreDisks(scenario: Scenario, images: Images, directory: string): Promise<readonly Disk[]> {
  const diskCalled = (name: string): Disk => ({ name, file: join(directory, `${name}.img`) });
  const [loader, disk, data] = [diskCalled('loader'), diskCalled('disk'), diskCalled('data')];
  const [sources, root] = [diskCalled('sources'), diskCalled('root')];
  await emptyDisk(loader, '400M', 'LOADER');
  await command('truncate', ['--size', '6G', disk.file]);
  await command('cp', ['--sparse=always', (await dataDisk()).path, data.file]);
  const putMachine = 'mkdir sources/machine && cp -a old/. sources/machine/';
  await makeSources({ scenario, images, amend: ':', putMachine }, { sources, data });
  const guest = await debianWithZfs('trixie');
  await command('cp', ['--sparse=always', (await guestRootDisk(guest, [])).path, root.file]);
  const script = preparation(images, scenario.diskChanges ?? '');
  await runOnGuest(guest, script, { disks: [root, sources, loader, disk], directory });
  for (const { file } of [sources, root]) await rm(file);
  return [loader, disk, data];
}

/** ZFS takes half of the memory otherwise, which is small here. */
const memory = 'zfs.zfs_arc_max=134217728';

/** Mounts a file's dataset at /run/kernels: `zfs:tank/ROOT/debian:/boot/vmlinuz`; see `saveEntry`. */
const mountDataset = [
  '  dataset=$(echo "$from" | cut -d : -f 2) path=$(echo "$from" | cut -d : -f 3-)',
  '  mount -t zfs "$dataset" /run/kernels || mount -t zfs -o zfsutil "$dataset" /run/kernels',
];

/** The same for the machine itself. */
export const saveEntryOfZfs = (name: string): string => saveEntry(name, mountDataset);

/**
 * What the operator does; everything that the machine is lies in the pool then. Debian 12 reads no newer one. Images are called by
 * their release, and one of the release that the machine has already `newer`.
 */
function preparation({ old, new: image }: Images, more: string): string {
  const first = `${old.suite}.1`;
  const name = image.suite === old.suite ? 'newer' : image.suite;
  const options = ['-o', 'ashift=12', '-o', 'compatibility=openzfs-2.1-linux', '-o', 'cachefile=none'];
  const properties = ['mountpoint=none', 'compression=lz4', 'acltype=posix', 'xattr=sa', 'relatime=on'];
  return [
    'set -eu',
    'modprobe zfs',
    'mkdir /sources /machine',
    'mount -o ro LABEL=SOURCES /sources',
    `zpool create ${options.join(' ')} ${properties.map((one) => `-O ${one}`).join(' ')} tank /dev/disk/by-id/virtio-disk`,
    'zfs create tank/ROOT',
    'zfs create -o canmount=noauto -o mountpoint=/ tank/ROOT/debian',
    'zfs create -o mountpoint=legacy tank/migrate',
    'mount -t zfs -o zfsutil tank/ROOT/debian /machine',
    'cp -a /sources/machine/. /machine/',
    'mount -t zfs tank/migrate /machine/migrate',
    'cd /run',
    asOnTheMachine(`root=zfs:tank/ROOT/debian rw ${memory}`),
    'export PATH=/sources:$PATH MIGRATE_STORE=/machine/migrate TMPDIR=/var/tmp',
    'migrate store create /machine/migrate --backend zfs --pool tank/ROOT --host atlas',
    `migrate init --root /machine --store /machine/migrate --image /sources/old --name ${old.suite}`,
    `migrate stage /sources/next --name next --parent ${first} --no-arm`,
    `migrate stage /sources/new --name ${name} --parent ${first}`,
    saveEntryOfZfs('next'),
    saveEntryOfZfs(first),
    more,
    'umount /machine/migrate /machine',
    'zpool export tank',
  ].join('\n');
}
