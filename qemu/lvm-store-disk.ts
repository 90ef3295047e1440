import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { playBoot } from './boot.ts';
import { command } from './command.ts';
import { type Emulator, findEmulator } from './emulator.ts';
import { bootFailures } from './expect.ts';
import { commonWords } from './gather.ts';
import { guestRootDisk } from './guest-disks.ts';
import { debianWithLvm, type Image, kernelFile } from './images.ts';
import { initramfsOf } from './initramfs.ts';
import { saveEntry, withoutMonitoring } from './lvm-loader.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { dataDisk } from './partition-disk.ts';
import { installGuest, installProduct } from './product.ts';
import { changeRoot, firstStart } from './root-changes.ts';
import type { Boot, Scenario } from './scenario.ts';
import { asOnTheMachine, binary, completeImage, filesOf } from './store-disk.ts';

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
  await makeSources(scenario, images, { sources, data });
  await command('cp', ['--sparse=always', (await guestRootDisk(await debianWithLvm('trixie'), [])).path, root.file]);
  const script = preparation(images, scenario.diskChanges ?? '');
  await runOnGuest(await findEmulator(), script, { disks: [root, sources, loader, disk], directory });
  for (const { file } of [sources, root]) await rm(file);
  return [loader, disk, data];
}

async function emptyDisk({ file }: Disk, size: string, label: string): Promise<void> {
  await command('truncate', ['--size', size, file]);
  await command('mke2fs', ['-q', '-t', 'ext4', '-L', label, file]);
}

/** A disk with the images, the program, and `machine.img`, the filesystem of the old machine. */
async function makeSources(
  scenario: Scenario,
  images: Images,
  { sources, data }: { readonly sources: Disk; readonly data: Disk },
): Promise<void> {
  await emptyDisk(sources, '5G', 'SOURCES');
  const script = [
    'binary=$1 old=$2 oldsecond=$3 new=$4 newsecond=$5 product=$6 guest=$7',
    completeImage,
    'for root in old new next; do',
    '  "$product" "$PWD/$root"',
    '  "$guest" "$PWD/$root"',
    `  ${withoutMonitoring} >> $root/etc/lvm/lvmlocal.conf`,
    '  ln -s /dev/null $root/etc/systemd/system/lvm2-monitor.service',
    'done',
    'complete_image old "$old" "$oldsecond"',
    'for root in new next; do complete_image "$root" "$new" "$newsecond"; done',
    changeRoot('next', scenario.newChanges ?? ''),
    'for root in old new next; do mkdir "sources/$root" && cp -a "$root/." "sources/$root/"; done',
    changeRoot('old', firstStart + (scenario.oldChanges ?? '')),
    'truncate --size 2G sources/machine.img',
    'mke2fs -q -t ext4 -d old sources/machine.img',
    'cp "$binary" sources/migrate',
    'echo data > data/marker',
  ].join('\n');
  const mounts = [
    ...[sources, data].map(({ name, file }) => ({ name, disk: file })),
    { name: 'old', copyOf: images.old.root },
    ...['new', 'next'].map((name) => ({ name, copyOf: images.new.root })),
  ];
  await inMounted(mounts, script, [binary, ...(await filesOf(images)), installProduct, installGuest]);
}

/** What the operator does; everything that the machine is lies in the volume group then. */
function preparation({ old, new: image }: Images, more: string): string {
  const first = `${old.suite}.1`;
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
    `migrate stage /sources/new --name ${image.suite} --parent ${first}`,
    saveEntry('next'),
    saveEntry(first),
    more,
    'umount /machine/migrate /machine',
    'vgchange --activate n vg0',
  ].join('\n');
}

const prepared = 'prepared';

async function runOnGuest(
  emulator: Emulator,
  script: string,
  { disks, directory }: { readonly disks: readonly Disk[]; readonly directory: string },
): Promise<void> {
  const image = await debianWithLvm('trixie');
  const question = `(\n${script}\necho ${prepared}\n) 2>&1 | tee /dev/ttyS0`;
  const boot: Boot = {
    entry: 'preparation',
    ends: 'report',
    limitSeconds: 2400,
    report: { [question]: new RegExp(`^${prepared}$`, 'm') },
  };
  const words = [...commonWords, 'systemd.mask=serial-getty@ttyS0.service', 'panic=5', 'root=LABEL=ROOT rw'];
  const initramfs = await initramfsOf(image, 'plain');
  const entry = { kernel: kernelFile(image), initrds: [initramfs.path], cmdline: words.join(' ') };
  const result = await playBoot({
    ...{ boot, number: 0, material: { emulator }, entry, disks, grubDisk: null },
    directory: join(directory, '..'),
  });
  const failures = bootFailures(boot, result);
  if (failures.length > 0) throw new Error(`the store could not be prepared: ${failures.join('; ')}`);
}
