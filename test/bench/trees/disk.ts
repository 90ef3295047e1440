import { mkdtemp, rm, rmdir, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Built, cached } from '../../../qemu/cache.ts';
import { command } from '../../../qemu/command.ts';

/** A filesystem in a file of the cache, never written again: what changes it works on a copy. */
export type Disk = Built & { readonly kind: Kind };

export type Kind = 'ext4' | 'btrfs';

type Making = {
  readonly name: string;
  readonly kind: Kind;
  /** Options of mkfs beside the usual. */
  readonly options?: readonly string[];
  /** What determines the content. */
  readonly inputs: readonly string[];
  readonly fill: (mountPoint: string) => Promise<void> | void;
};

/** The file is sparse, so that the size costs nothing. */
const size = 24 * 2 ** 30;

/** The disk, from the cache or made now. */
export async function disk({ name, kind, options = [], inputs, fill }: Making): Promise<Disk> {
  const built = await cached({
    name: `bench-${name}-${kind}`,
    inputs: [...inputs, ...options],
    make: async (path) => {
      await writeFile(path, '');
      await truncate(path, size);
      await command(`mkfs.${kind}`, ['-q', kind === 'ext4' ? '-F' : '-f', ...options, path]);
      await withDisk({ path, kind, key: '' }, { writable: 'itself' }, fill);
    },
  });
  return { ...built, kind };
}

/** How a disk is used: not written to, or a copy of it that is removed afterwards, or the disk itself. */
export type Use = { readonly writable: 'no' | 'copy' | 'itself' };

/** Runs the body with the disk mounted. */
export async function withDisk<Result>(
  { path, kind }: Disk,
  { writable }: Use,
  body: (mountPoint: string) => Promise<Result> | Result,
): Promise<Result> {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-bench-'));
  const mountPoint = join(directory, 'mnt');
  const image = writable === 'copy' ? join(directory, 'image') : path;
  try {
    if (writable === 'copy') await command('cp', ['--sparse=always', path, image]);
    await command('mkdir', [mountPoint]);
    const options = writable === 'no' ? 'loop,ro' : 'loop';
    await command('mount', ['-t', kind, '-o', options, image, mountPoint]);
    try {
      return await body(mountPoint);
    } finally {
      await command('umount', ['--recursive', mountPoint]);
      await rmdir(mountPoint);
    }
  } finally {
    if (writable === 'copy') await rm(image, { force: true });
    // Not recursive: what is still mounted must not be emptied.
    await rmdir(directory);
  }
}
