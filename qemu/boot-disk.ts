import { mkdir, rm } from 'node:fs/promises';
import { command } from './command.ts';
import { commonWords } from './gather.ts';
import { biosCore, embedCore, partitionStart, sectorSize } from './grub-core.ts';
import type { Disk } from './machine.ts';
import type { Mount } from './mounted.ts';

const partitionSectors = 512 * 2048;
const offset = partitionStart * sectorSize;
const label = 'BOOT';

/** The core finds the configuration that the product writes for machines that start nothing but versions. */
const early = [
  'set timeout=1',
  'export timeout',
  `search --no-floppy --label ${label} --set=root`,
  'configfile ($root)/migrate/grub.cfg',
  '',
].join('\n');

/** A disk that a BIOS starts, with GRUB and an empty filesystem, as the installer of an appliance makes it. */
export async function writeBootDisk(file: string): Promise<Disk> {
  const work = `${file}.parts`;
  await mkdir(work);
  await command('truncate', ['--size', String(offset + partitionSectors * sectorSize), file]);
  const options = ['-q', '-t', 'ext4', '-L', label, '-E', `offset=${offset}`, file, `${partitionSectors / 2}k`];
  await command('mke2fs', options);
  await embedCore(file, await biosCore(work, { filesystem: 'ext2', early }), partitionSectors);
  await rm(work, { recursive: true });
  return { name: 'boot', file };
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
