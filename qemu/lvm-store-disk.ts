import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';
import { guestRootDisk } from './guest-disks.ts';
import { debianWithLvm, type Image } from './images.ts';
import { saveEntry, withoutMonitoring } from './lvm-loader.ts';
import type { Disk } from './machine.ts';
import { dataDisk } from './partition-disk.ts';
import { emptyDisk, makeSources, runOnGuest } from './prepared-by-guest.ts';
import type { Scenario } from './scenario.ts';
import { asOnTheMachine } from './store-disk.ts';

type Images = { readonly old: Image; readonly new: Image };

/**
 * A machine on a thin volume that its operator has put into a store, with its first update staged, the disk of its loader,
 * which comes first, and that of its data: see the layout `store-lvm`. The kernel here has no device mapper: another
 * guest does what the operator does.
 */
export async function lvmStoreDisks(scenario: Scenario, images: Images, directory: string): Promise<readonly Disk[]> {
  const diskCalled = (name: string): Disk => ({ name, file: join(directory, `${name}.img`) });
  const [loader, disk, data] = [diskCalled('loader'), diskCalled('disk'), diskCalled('data')];
  const [sources, root] = [diskCalled('sources'), diskCalled('root')];
  await emptyDisk(loader, '400M', 'LOADER');
  await command('truncate', ['--size', '6G', disk.file]);
  await command('cp', ['--sparse=always', (await dataDisk()).path, data.file]);
  await makeSources({ scenario, images, amend, putMachine }, { sources, data });
  const guest = await debianWithLvm('trixie');
  await command('cp', ['--sparse=always', (await guestRootDisk(guest, [])).path, root.file]);
  const script = preparation(images, scenario.diskChanges ?? '');
  await runOnGuest(guest, script, { disks: [root, sources, loader, disk], directory });
  for (const { file } of [sources, root]) await rm(file);
  return [loader, disk, data];
}

const amend = `${withoutMonitoring} >> $root/etc/lvm/lvmlocal.conf
  ln -s /dev/null $root/etc/systemd/system/lvm2-monitor.service`;

const putMachine = `truncate --size 2G sources/machine.img
mke2fs -q -t ext4 -d old sources/machine.img`;

/**
 * What the operator does; everything that the machine is lies in the volume group then. Images are called by their
 * release, and one of the release that the machine has already `newer`.
 */
function preparation({ old, new: image }: Images, more: string): string {
  const first = `${old.suite}.1`;
  const name = image.suite === old.suite ? 'newer' : image.suite;
  return [
    'set -eu',
    `${withoutMonitoring} >> /etc/lvm/lvmlocal.conf`,
    'mkdir /sources /machine',
    'mount -o ro LABEL=SOURCES /sources',
    'vgcreate vg0 /dev/disk/by-id/virtio-disk',
    'lvcreate --yes --type thin-pool --size 5G --poolmetadatasize 32M --name pool vg0',
    'lvcreate --yes --size 200M --name store vg0',
    'mke2fs -q -t ext4 /dev/vg0/store',
    'lvcreate --yes --type thin --thinpool pool --virtualsize 2G --name root vg0',
    'dd if=/sources/machine.img of=/dev/vg0/root bs=1M conv=sparse,fsync',
    'mount /dev/mapper/vg0-root /machine',
    'mount /dev/mapper/vg0-store /machine/migrate',
    'cd /run',
    asOnTheMachine('root=/dev/mapper/vg0-root rw rd.lvm.lv=vg0/root'),
    'export PATH=/sources:$PATH MIGRATE_STORE=/machine/migrate TMPDIR=/var/tmp',
    'migrate store create /machine/migrate --backend lvm-thin --pool vg0/pool --host atlas',
    `migrate init --root /machine --store /machine/migrate --image /sources/old --name ${old.suite}`,
    `migrate stage /sources/next --name next --parent ${first} --no-arm`,
    `migrate stage /sources/new --name ${name} --parent ${first}`,
    saveEntry('next'),
    saveEntry(first),
    more,
    'umount /machine/migrate /machine',
    'vgchange --activate n vg0',
  ].join('\n');
}
