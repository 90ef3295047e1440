import { textOrBytes } from '../../domain/bytes.ts';
import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import { mountOf } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';

/**
 * Filesystems into whose files GRUB writes in place, and that it reads as the kernel left them. Not btrfs and zfs, whose
 * drivers in GRUB tell no blocks (`sparse file not allowed`).
 */
const filesystems: readonly string[] = ['ext2', 'ext3', 'ext4', 'vfat', 'xfs'];

/** Why GRUB could not write its environment in this directory; null where it can, as far as this machine can tell. */
export function whyNotWritable(system: System, files: Files): string | null {
  const mount = mountOf(system, files);
  if (!filesystems.includes(mount.filesystem)) {
    return `its filesystem is ${mount.filesystem}, and GRUB writes to ${filesystems.join(', ')} only`;
  }
  if (!mount.writable || !mount.writableHere) return 'it is mounted read-only';
  return whyNotDevice(system, mount);
}

/** GRUB only reads what is put together of several devices ("diskfilter writes are not supported"). */
function whyNotDevice(system: System, { device, source }: MountedFilesystem): string | null {
  const directory = textOrBytes(system.resolve(`/sys/dev/block/${device}`));
  // A partition has no such directories of its own; the disk that it is on may.
  const disks = [directory, directory.slice(0, directory.lastIndexOf('/'))];
  const kind = ['dm', 'md', 'bcache'].find((name) => disks.some((disk) => system.exists(`${disk}/${name}`)));
  const name = textOrBytes(source);
  if (kind === 'dm') return `${name} is made by the device mapper (LVM, encryption), and GRUB only reads it`;
  if (kind !== undefined) return `${name} is put together of other devices (${kind}), and GRUB only reads it`;
  return system.readFile(`${directory}/ro`).trim() === '1' ? `${name} is read-only` : null;
}
