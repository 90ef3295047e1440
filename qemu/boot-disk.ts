import { mkdir, rm } from 'node:fs/promises';
import { command } from './command.ts';
import { commonWords } from './gather.ts';
import { biosCore, type CoreOptions, embedCore, partitionStart, sectorSize } from './grub-core.ts';
import type { Disk } from './machine.ts';
import { inMounted, type Mount } from './mounted.ts';

const partitionSectors = 512 * 2048;
const offset = partitionStart * sectorSize;
const label = 'BOOT';

/** The core finds the configuration that the product writes for machines that start nothing but versions. */
export const findMenu: string = [
  'set timeout=1',
  'export timeout',
  `search --no-floppy --label ${label} --set=root`,
  'configfile ($root)/migrate/grub.cfg',
  '',
].join('\n');

/** A disk that a BIOS starts, with GRUB and an empty filesystem, as the installer of an appliance makes it. */
export async function writeBootDisk(file: string): Promise<Disk> {
  await command('truncate', ['--size', String(offset + partitionSectors * sectorSize), file]);
  const options = ['-q', '-t', 'ext4', '-L', label, '-E', `offset=${offset}`, file, `${partitionSectors / 2}k`];
  await command('mke2fs', options);
  await embedGrub(file, 'ext2');
  return { name: 'boot', file };
}

/** As if its operator had made the filesystem anew, by another kind, with all that was in it: also the UUID is what it was. */
export async function moveToBtrfs(disk: Disk): Promise<void> {
  const moved = `${disk.file}.btrfs`;
  const script = `
cp -a boot tree
uuid=$(findmnt --noheadings --output UUID boot)
umount boot
truncate --size "$3" "$1"
mkfs.btrfs --quiet --label ${label} --uuid "$uuid" --rootdir tree "$1"
dd if="$1" of="$2" bs=1M seek=${offset / 2 ** 20} conv=notrunc status=none
`;
  await inMounted([bootMount(disk)], script, [moved, disk.file, String(partitionSectors * sectorSize)]);
  await rm(moved);
  await embedGrub(disk.file, 'btrfs');
}

async function embedGrub(file: string, filesystem: CoreOptions['filesystem']): Promise<void> {
  const work = `${file}.parts`;
  await mkdir(work);
  await embedCore(file, await biosCore(work, { filesystem, early: findMenu }), partitionSectors);
  await rm(work, { recursive: true });
}

/** Where its filesystem is mounted for a script. */
export function bootMount({ name, file }: Disk): Mount {
  return { name, disk: file, options: `offset=${offset}` };
}

/** What the machine's own command line has besides: every version inherits it. */
export const machineWords: string = commonWords.join(' ');

/** For a script with the store in MIGRATE_STORE: the loader starts the machine from now on, and tries what is armed. */
export const setLoader = `
mkdir boot/migrate
"$binary" loader set grub boot/migrate
`;
