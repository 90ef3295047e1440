import { closeSync, fstatSync, openSync, statfsSync } from 'node:fs';
import type { ByteString } from '../domain/bytes.ts';
import { mountDetached } from './native/detached-mount.ts';
import { btrfsType, openFlags } from './native/linux.ts';
import { guarded } from './native/place.ts';
import { NativeSubvolume } from './native/subvolume.ts';
import type { Subvolume, Subvolumes } from './subvolume.ts';

/** The subvolumes of this machine, by btrfs's own calls: its commands tell less, and starting one takes longer. */
export const subvolumes: Subvolumes = { open, openTop };

/** linux/btrfs_tree.h: the inode number of the root directory of every subvolume. */
const rootInode = 256n;

function open(directory: ByteString): Subvolume | null {
  const path = Buffer.from(directory, 'latin1');
  const descriptor = guarded('open', directory, () => openSync(path, openFlags.root));
  if (isRootOfSubvolume(descriptor, directory)) return NativeSubvolume.takeOver(descriptor, directory);
  closeSync(descriptor);
  return null;
}

function isRootOfSubvolume(descriptor: number, path: ByteString): boolean {
  const { type } = guarded('statfs', path, () => statfsSync(`/proc/self/fd/${descriptor}`));
  return type === btrfsType && guarded('fstat', path, () => fstatSync(descriptor, { bigint: true })).ino === rootInode;
}

function openTop(device: ByteString): Subvolume {
  const mount = mountDetached('btrfs', device, { subvolid: '5' });
  try {
    const descriptor = guarded('open', device, () => openSync(`/proc/self/fd/${mount}`, openFlags.root));
    return NativeSubvolume.takeOver(descriptor, device, mount);
  } catch (error) {
    // The mount lives as long as its descriptor.
    closeSync(mount);
    throw error;
  }
}
