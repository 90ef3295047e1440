import type { GuestMadeStore } from './guest-store-disk.ts';
import { debianWithLvm } from './images.ts';
import { saveEntry, withoutMonitoring } from './lvm-loader.ts';

/** A machine on a thin volume; everything that it is lies in the volume group. See the layout `store-lvm`. */
export const lvmStore: GuestMadeStore = {
  guest: () => debianWithLvm('trixie'),
  amend: `${withoutMonitoring} >> $root/etc/lvm/lvmlocal.conf
  ln -s /dev/null $root/etc/systemd/system/lvm2-monitor.service`,
  putMachine: 'truncate --size 2G sources/machine.img && mke2fs -q -t ext4 -d old sources/machine.img',
  makeMachine: [
    `${withoutMonitoring} >> /etc/lvm/lvmlocal.conf`,
    'vgcreate vg0 /dev/disk/by-id/virtio-disk',
    'lvcreate --yes --type thin-pool --size 5G --poolmetadatasize 32M --name pool vg0',
    'lvcreate --yes --size 200M --name store vg0',
    'mke2fs -q -t ext4 /dev/vg0/store',
    'lvcreate --yes --type thin --thinpool pool --virtualsize 2G --name root vg0',
    'dd if=/sources/machine.img of=/dev/vg0/root bs=1M conv=sparse,fsync',
    'mount /dev/mapper/vg0-root /machine',
    'mount /dev/mapper/vg0-store /machine/migrate',
  ],
  commandLine: 'root=/dev/mapper/vg0-root rw rd.lvm.lv=vg0/root',
  store: '--backend lvm-thin --pool vg0/pool',
  saveEntry: (name) => saveEntry(name),
  leave: 'vgchange --activate n vg0',
};
