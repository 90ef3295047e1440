import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mountsOf } from '../../src/domain/mountinfo.ts';

test('mounts are read with the blanks in their names, whether or not they have optional fields', () => {
  const text = [
    '25 1 0:22 /@v1 / rw,noatime shared:1 master:2 - btrfs /dev/vda2 rw,space_cache=v2,subvol=/@v1',
    '26 25 0:22 /@v0 /run/two\\040words\\134 rw - btrfs /dev/mapper/a\\040b ro,subvol=/@v0',
    '27 25 0:23 / /proc ro,nosuid shared:3 - proc proc rw',
    '',
  ];
  assert.deepEqual(mountsOf(text.join('\n')), [
    { id: 25, directory: '/', source: '/dev/vda2', writable: true },
    { id: 26, directory: '/run/two words\\', source: '/dev/mapper/a b', writable: false },
    { id: 27, directory: '/proc', source: 'proc', writable: true },
  ]);
});
