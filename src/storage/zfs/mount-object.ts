import { bytesOfText } from '../../domain/bytes.ts';
import { deviceOfDataset } from '../../domain/zfs-dataset.ts';
import type { System } from '../../system/system.ts';
import type { Dataset } from './datasets.ts';

/**
 * Mounts a dataset at a directory. All mounts of a filesystem are of one kind to ZFS, writable or not, and which it is
 * the first one says; so it is mounted writable out of sight, and shown read-only.
 */
export function mountDataset(
  { mounts }: System,
  { name, isSnapshot }: Dataset,
  directory: string,
  { writable }: { readonly writable: boolean },
): void {
  const mount = (hidden: string): void => {
    mounts.mount({ device: deviceOfDataset(name), subvolume: null }, hidden, { writable: !isSnapshot });
  };
  mounts.withMounted(mount, { writable: false }, (hidden) => {
    mounts.bind(bytesOfText(hidden), directory, { writable: writable && !isSnapshot });
  });
}
