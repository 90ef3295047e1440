import type { ByteString } from './bytes.ts';
import { isBelow, type RootPath } from './path.ts';

/** A path of which an initramfs holds a copy, or by which it is made; with `below` everything in that directory. */
type Copied = { readonly path: RootPath; readonly below?: true; readonly reason: string };

const disks = 'the disks of the root are assembled in the initramfs';
const keyboard = 'the keyboard at which a passphrase is typed';
const storage = 'the storage of the root is reached from the initramfs';
const recipe = 'says what the initramfs is made of';

/**
 * What dracut 059 to 106 and initramfs-tools 0.142 copy into an initramfs or make it by, as their modules and hooks show.
 * An image is delivered with an initramfs made from its own files, so that a machine's change of them is not in it. Settings
 * that the booted system applies again, such as those of sysctl.d, are not among them.
 */
const copiedPaths: readonly Copied[] = [
  { path: '/etc/crypttab', reason: 'encrypted disks are unlocked in the initramfs' },
  { path: '/etc/cryptsetup-keys.d', below: true, reason: 'keys of disks that are unlocked in the initramfs' },
  { path: '/etc/cryptsetup-initramfs', below: true, reason: 'how disks are unlocked in the initramfs' },
  { path: '/etc/veritytab', reason: disks },
  { path: '/etc/integritytab', reason: disks },
  { path: '/etc/modprobe.d', below: true, reason: 'options of drivers that load in the initramfs' },
  { path: '/etc/modprobe.conf', reason: 'options of drivers that load in the initramfs' },
  { path: '/etc/depmod.d', below: true, reason: 'which of two drivers of one name loads' },
  { path: '/etc/modules-load.d', below: true, reason: 'drivers that load in the initramfs' },
  { path: '/etc/modules', reason: 'drivers that load in the initramfs' },
  { path: '/etc/vconsole.conf', reason: keyboard },
  { path: '/etc/default/keyboard', reason: keyboard },
  { path: '/etc/console-setup', below: true, reason: keyboard },
  { path: '/etc/locale.conf', reason: 'the language of messages of the initramfs' },
  { path: '/etc/mdadm.conf', reason: disks },
  { path: '/etc/mdadm.conf.d', below: true, reason: disks },
  { path: '/etc/mdadm', below: true, reason: disks },
  { path: '/etc/multipath.conf', reason: disks },
  { path: '/etc/multipath', below: true, reason: disks },
  { path: '/etc/lvm/lvm.conf', reason: disks },
  { path: '/etc/lvm/lvmlocal.conf', reason: disks },
  { path: '/etc/lvm/devices', below: true, reason: disks },
  { path: '/etc/udev/rules.d', below: true, reason: 'how devices are named in the initramfs' },
  { path: '/etc/iscsi', below: true, reason: storage },
  { path: '/etc/nvme', below: true, reason: storage },
  { path: '/etc/hostid', reason: 'a storage pool of another host id is not imported' },
  { path: '/etc/zfs/zpool.cache', reason: disks },
  { path: '/etc/cmdline', reason: 'words that dracut adds to the kernel command line' },
  { path: '/etc/cmdline.d', below: true, reason: 'words that dracut adds to the kernel command line' },
  { path: '/etc/dracut.conf', reason: recipe },
  { path: '/etc/dracut.conf.d', below: true, reason: recipe },
  { path: '/etc/initramfs-tools', below: true, reason: recipe },
  { path: '/usr/lib/modules', below: true, reason: 'a driver may be needed in the initramfs' },
  { path: '/lib/modules', below: true, reason: 'a driver may be needed in the initramfs' },
  { path: '/usr/lib/firmware', below: true, reason: 'firmware of drivers that load in the initramfs' },
  { path: '/lib/firmware', below: true, reason: 'firmware of drivers that load in the initramfs' },
];

/** Why an initramfs that was made before the path changed is stale, or null where it holds nothing of it. */
export function copiedIntoInitramfs(path: RootPath): string | null {
  const copied = copiedPaths.find((entry) => entry.path === path || (entry.below && isBelow(path, entry.path)));
  return copied?.reason ?? null;
}

/** Where filesystems are listed; most of it is read from the root when that is mounted (case 53). */
export const fstab: RootPath = '/etc/fstab';

/**
 * The lines of an fstab(5) for which an initramfs is made: it has drivers and checking programs of the filesystems that
 * it mounts itself, `/usr` and those marked `x-initrd.mount`. Blanks are evened out, so that lines compare.
 */
export function initramfsMounts(content: ByteString): ByteString[] {
  return content.split('\n').flatMap((line) => {
    const [device = '', mountPoint, type = '', options = ''] = line.trim().split(/[ \t]+/);
    if (device.startsWith('#') || mountPoint === undefined || mountPoint === '/') return [];
    const early = mountPoint === '/usr' || options.split(',').includes('x-initrd.mount');
    return early ? [[device, mountPoint, type].join(' ')] : [];
  });
}
