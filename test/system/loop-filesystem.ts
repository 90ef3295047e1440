import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The filesystems that machines have their roots on, and tmpfs. */
export type FilesystemKind = 'ext4' | 'btrfs' | 'xfs' | 'tmpfs';

export const filesystemKinds: readonly FilesystemKind[] = ['ext4', 'btrfs', 'xfs', 'tmpfs'];

/** What to make one with. `size` as truncate(1) writes it, such as `512M`; an image is sparse, so size costs nothing. */
export type FilesystemOptions = { readonly size?: string };

const makers = {
  ext4: ['mkfs.ext4', '-q', '-F'],
  btrfs: ['mkfs.btrfs', '-q', '-f'],
  xfs: ['mkfs.xfs', '-q', '-f'],
} as const;

/** Where images lie: `npm test` names a place in memory, which is quicker than the disk below the usual one. */
const place = process.env['MIGRATE_DISKS'] ?? tmpdir();

/**
 * Makes a filesystem in an image file (or a tmpfs), mounts it, runs the body with the mount point, and unmounts and
 * removes it whatever happens. Needs root. Fails where the body left a file of it open or something mounted in it.
 */
export async function withFilesystem(
  kind: FilesystemKind,
  body: (mountpoint: string) => void | Promise<void>,
  options: FilesystemOptions = {},
): Promise<void> {
  const directory = mkdtempSync(join(place, `migrate-${kind}-`));
  try {
    const mountpoint = join(directory, 'mnt');
    mkdirSync(mountpoint);
    mountNew(kind, directory, mountpoint, options.size ?? '512M');
    await usingMount(mountpoint, body);
  } finally {
    // Not recursive below the mount point: what is still mounted must not be emptied.
    rmSync(join(directory, 'image'), { force: true });
    rmSync(directory, { recursive: true });
  }
}

function mountNew(kind: FilesystemKind, directory: string, mountpoint: string, size: string): void {
  if (kind === 'tmpfs') {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=755`, 'tmpfs', mountpoint]);
    return;
  }
  const image = join(directory, 'image');
  writeFileSync(image, '');
  truncateSync(image, bytesOf(size));
  const [command, ...flags] = makers[kind];
  execFileSync(command, [...flags, image], { stdio: ['ignore', 'ignore', 'pipe'] });
  execFileSync('mount', ['-t', kind, '-o', 'loop', image, mountpoint]);
}

async function usingMount(mountpoint: string, body: (mountpoint: string) => void | Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  try {
    await body(mountpoint);
  } catch (error) {
    failures.push(error);
  }
  try {
    execFileSync('umount', ['--recursive', mountpoint], { stdio: ['ignore', 'ignore', 'pipe'] });
  } catch (error) {
    failures.push(error);
    // Gone from the tree at once, from the machine when the last file is closed.
    execFileSync('umount', ['--recursive', '--lazy', mountpoint]);
  }
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `the test failed and ${mountpoint} stayed busy`);
}

function bytesOf(size: string): number {
  const units: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
  const unit = units[size.at(-1) ?? ''];
  const bytes = unit === undefined ? Number(size) : Number(size.slice(0, -1)) * unit;
  if (!Number.isSafeInteger(bytes)) throw new TypeError(`not a size: ${size}`);
  return bytes;
}
