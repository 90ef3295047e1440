import { bytesOfText } from '../../domain/bytes.ts';
import type { System } from '../../system/system.ts';
import type { Dataset } from './datasets.ts';

/**
 * Mounts a dataset at a directory. All mounts of a filesystem are of one kind to ZFS, writable or not, and which it is
 * the first one says; so it is mounted writable out of sight, and shown read-only.
 */
export function mountDataset(
  { commands, mounts }: System,
  { name, isSnapshot }: Dataset,
  directory: string,
  { writable }: { readonly writable: boolean },
): void {
  const mount = (hidden: string): void => {
    commands.run('mount', ['-t', 'zfs', '-o', isSnapshot ? 'ro' : 'rw', name, hidden]);
  };
  mounts.withMounted(mount, { writable: false }, (hidden) => {
    mounts.bind(bytesOfText(hidden), directory, { writable: writable && !isSnapshot });
  });
}
