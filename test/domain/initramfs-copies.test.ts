import assert from 'node:assert/strict';
import { test } from 'node:test';
import { copiedIntoInitramfs, initramfsMounts } from '../../src/domain/initramfs-copies.ts';

test('case 56: what an initramfs holds copies of, and what not', () => {
  const copied = [
    '/etc/crypttab',
    '/etc/modprobe.d/x.conf',
    '/etc/modules-load.d/deep/x.conf',
    '/etc/vconsole.conf',
    '/etc/console-setup/cached_setup_font.sh',
    '/etc/mdadm/mdadm.conf',
    '/etc/multipath/wwids',
    '/etc/lvm/devices/system.devices',
    '/etc/udev/rules.d/70-net.rules',
    '/etc/dracut.conf.d/x.conf',
    '/etc/initramfs-tools/hooks/x',
    '/etc/iscsi/initiatorname.iscsi',
    '/usr/lib/modules/6.1/updates/x.ko.zst',
    '/lib/modules/6.1/extra/x.ko',
  ];
  for (const path of copied) assert.notEqual(copiedIntoInitramfs(path), null, path);
  // Prefixes of names, directories themselves, and what is read from the root once that is mounted.
  const others = ['/etc/crypttab2', '/etc/modprobe.dx/a', '/etc/lvm/archive/x', '/etc/fstab', '/etc'];
  for (const path of others) assert.equal(copiedIntoInitramfs(path), null, path);
});

test('case 56: of an fstab an initramfs is made for /usr and for what is marked x-initrd.mount', () => {
  const fstab = [
    '# UUID=0 /usr ext4',
    'UUID=1 / ext4 x-initrd.mount 0 1',
    'UUID=2\t/usr   ext4 ro 0 2',
    ' UUID=3 /var xfs noatime,x-initrd.mount',
    'UUID=4 /var/x xfs comment=x-initrd.mount.not 0 0',
    'UUID=5 /srv xfs defaults 0 0',
    'UUID=6 none swap sw 0 0',
    '/dev/x',
    '',
  ];
  assert.deepEqual(initramfsMounts(fstab.join('\n')), ['UUID=2 /usr ext4', 'UUID=3 /var xfs']);
});
