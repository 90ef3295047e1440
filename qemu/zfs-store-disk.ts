import type { GuestMadeStore } from './guest-store-disk.ts';
import { saveEntry } from './lvm-loader.ts';
import { debianWithZfs } from './zfs-image.ts';

/** ZFS takes half of the memory otherwise, which is small here. */
const memory = 'zfs.zfs_arc_max=134217728';

/** Mounts a file's dataset at /run/kernels: `zfs:tank/ROOT/debian:/boot/vmlinuz`; see `saveEntry`. */
const mountDataset = [
  '  dataset=$(echo "$from" | cut -d : -f 2) path=$(echo "$from" | cut -d : -f 3-)',
  '  mount -t zfs "$dataset" /run/kernels || mount -t zfs -o zfsutil "$dataset" /run/kernels',
];

/** The same for the machine itself. */
export const saveEntryOfZfs = (name: string): string => saveEntry(name, mountDataset);

/** Debian 12 reads no pool that has more. */
const pool = ['-o', 'ashift=12', '-o', 'compatibility=openzfs-2.1-linux', '-o', 'cachefile=none'];
const properties = ['mountpoint=none', 'compression=lz4', 'acltype=posix', 'xattr=sa', 'relatime=on'];

/** A machine on a dataset; everything that it is lies in the pool. See the layout `store-zfs`. */
export const zfsStore: GuestMadeStore = {
  guest: () => debianWithZfs('trixie'),
  amend: ':',
  putMachine: 'mkdir sources/machine && cp -a old/. sources/machine/',
  makeMachine: [
    'modprobe zfs',
    `zpool create ${pool.join(' ')} ${properties.map((one) => `-O ${one}`).join(' ')} tank /dev/disk/by-id/virtio-disk`,
    'zfs create tank/ROOT',
    'zfs create -o canmount=noauto -o mountpoint=/ tank/ROOT/debian',
    'zfs create -o mountpoint=legacy tank/migrate',
    'mount -t zfs -o zfsutil tank/ROOT/debian /machine',
    'cp -a /sources/machine/. /machine/',
    'mount -t zfs tank/migrate /machine/migrate',
  ],
  commandLine: `root=zfs:tank/ROOT/debian rw ${memory}`,
  store: '--backend zfs --pool tank/ROOT',
  saveEntry: saveEntryOfZfs,
  leave: 'zpool export tank',
};
