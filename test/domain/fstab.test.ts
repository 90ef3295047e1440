import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountPointsOf } from '../../src/domain/fstab.ts';

test('mount points are the second of four to six fields, by blanks or tabs, with comments and empty lines between', () => {
  const fstab = `# /etc/fstab: static file system information
LABEL=ROOT /               ext4  defaults,noatime 0 1
LABEL=VAR\t/var\text4\tdefaults\t0\t2

   \t
  # LABEL=OLD /old ext4 defaults
  LABEL=LOG  /var/log  ext4 defaults
LABEL=HOME /home ext4 defaults 0
tmpfs /tmp tmpfs mode=1777 0 0 # since 2024
`;
  assert.deepEqual(mountPointsOf(fstab), ['/var', '/var/log', '/home', '/tmp']);
});

test('lines without a mount point are none: swap, none, too few or too many fields, relative paths', () => {
  const lines = [
    'UUID=1 none swap sw 0 0',
    'UUID=1 swap swap sw 0 0',
    'LABEL=A /a ext4',
    'LABEL=A /a ext4 defaults 0 0 more',
    'LABEL=A a ext4 defaults',
    'LABEL=A /a/../b ext4 defaults',
    'LABEL=A // ext4 defaults',
  ];
  for (const line of lines) assert.deepEqual(mountPointsOf(`${line}\n`), [], line);
});

test('case 7: octal digits stand for blanks, backslashes and any other byte, and are read once', () => {
  assert.deepEqual(mountPointsOf('L=A /my\\040data ext4 defaults\n'), ['/my data']);
  assert.deepEqual(mountPointsOf('L=A /a\\011b\\134040c ext4 defaults\n'), ['/a\tb\\040c']);
  assert.deepEqual(mountPointsOf('L=A /\xff\\377 ext4 defaults\n'), ['/\xff\xff']);
});

test('a mount point is named in its plain form, and once, whether or not the last line ends', () => {
  assert.deepEqual(mountPointsOf('L=A /var/ ext4 ro\nL=B //var/./log ext4 ro\nL=C /var ext4 noauto'), [
    '/var',
    '/var/log',
  ]);
  assert.deepEqual(mountPointsOf(''), []);
});
