import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentOf } from '../../../qemu/cache.ts';
import { type Disk, disk } from './disk.ts';

const million = 1_000_000;
const differing = 100;

/**
 * `base` and `ours` with a million small files each, of which 100 differ, and `theirs`, empty. At most 10,000 a
 * directory, and so that `half` holds half of them and `half/half` a quarter; or all in one.
 */
export async function millionFiles(shape: 'spread' | 'flat'): Promise<Disk> {
  const source = await contentOf(join(import.meta.dirname, 'many-files.ts'));
  return disk({
    name: `million-${shape}`,
    kind: 'ext4',
    // Contents as small as these lie in the inode itself.
    options: ['-O', 'inline_data', '-I', '256', '-N', String(2.3 * million)],
    inputs: [source],
    fill: (top) => {
      mkdirSync(join(top, 'theirs'));
      for (const side of ['base', 'ours']) {
        const root = join(top, side);
        if (shape === 'flat') makeFiles(join(root, 'all'), million);
        else makeSpread(root, million, million / 4);
      }
      const all = join(top, 'ours', shape === 'flat' ? 'all' : 'half/half/0');
      for (let number = 0; number < differing; number++) appendFileSync(join(all, nameOf(number)), 'local\n');
    },
  });
}

/** `base` and `theirs`, empty, and `ours` with files of its own: 10,000 of 4 KiB. */
export async function smallFiles(): Promise<Disk> {
  const source = await contentOf(join(import.meta.dirname, 'many-files.ts'));
  return disk({
    name: 'small-files',
    kind: 'ext4',
    inputs: [source],
    fill: (top) => {
      for (const side of ['base', 'theirs', 'target']) mkdirSync(join(top, side));
      for (let directory = 0; directory < 10; directory++) {
        makeFiles(join(top, 'ours/srv', String(directory)), 1000, (number) => `${number}\n`.padEnd(4096, '.'));
      }
    },
  });
}

/** `base` and `theirs`, empty, and `ours` with 10 files of 100 MiB, on a filesystem that shares extents. */
export async function largeFiles(): Promise<Disk> {
  const source = await contentOf(join(import.meta.dirname, 'many-files.ts'));
  return disk({
    name: 'large-files',
    kind: 'btrfs',
    inputs: [source],
    fill: (top) => {
      for (const side of ['base', 'theirs', 'target']) mkdirSync(join(top, side));
      mkdirSync(join(top, 'ours/srv'), { recursive: true });
      for (let number = 0; number < 10; number++) {
        writeFileSync(join(top, 'ours/srv', String(number)), Buffer.alloc(100 * 2 ** 20, number + 1));
      }
    },
  });
}

function makeSpread(directory: string, count: number, smallest: number): void {
  const here = count > smallest ? count / 2 : count;
  for (let number = 0; number < here / 10_000; number++) makeFiles(join(directory, String(number)), 10_000);
  if (here < count) makeSpread(join(directory, 'half'), count - here, smallest);
}

function makeFiles(directory: string, count: number, contentOfFile = (number: number): string => `${number}\n`): void {
  mkdirSync(directory, { recursive: true });
  for (let number = 0; number < count; number++) {
    writeFileSync(join(directory, nameOf(number)), contentOfFile(number));
  }
}

function nameOf(number: number): string {
  return `file-${String(number).padStart(7, '0')}`;
}
