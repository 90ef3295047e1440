import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { grub } from '../../../src/boot/grub/loader.ts';
import type { Loader } from '../../../src/boot/loader.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import type { System } from '../../../src/system/system.ts';
import { type FilesystemKind, withFilesystem } from '../../system/loop-filesystem.ts';

export const system: System = realSystem(['/bin/false']);

/** A loader's directory on a filesystem of its own. */
export type Directory = {
  /** As it is mounted. */
  readonly directory: string;
  readonly mountpoint: string;
  readonly open: (system?: System) => Loader;
  /** A file of the directory as GRUB's own driver reads it from the disk, while it is mounted; null where it sees none. */
  readonly asGrubReads: (name: string) => string | null;
};

/** Hands on `/migrate` of a filesystem in an image. */
export async function withLoaderDirectory(kind: FilesystemKind, use: (at: Directory) => void): Promise<void> {
  await withFilesystem(kind, (mountpoint) => {
    const directory = join(mountpoint, 'migrate');
    mkdirSync(directory);
    // So that GRUB sees at least the directory, whatever is written into it.
    system.mounts.checkpoint(mountpoint);
    const place = { directory, path: '/migrate' };
    const image = join(dirname(mountpoint), 'image');
    use({
      directory,
      mountpoint,
      open: (other = system) => grub.open(place, other),
      asGrubReads: (name) => readByGrub(image, `/migrate/${name}`),
    });
  });
}

function readByGrub(image: string, path: string): string | null {
  try {
    return execFileSync('grub-fstest', [image, 'cat', `(loop0)${path}`], {
      encoding: 'latin1',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    if (error instanceof Error && 'stderr' in error && /not found/.test(String(error.stderr))) return null;
    throw error;
  }
}
