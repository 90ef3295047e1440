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
    {
      ...{ id: 25, parent: 1, device: '0:22', root: '/@v1', directory: '/', filesystem: 'btrfs', source: '/dev/vda2' },
      ...{ writable: true, writableHere: true, options: ['rw', 'space_cache=v2', 'subvol=/@v1'] },
    },
    {
      ...{ id: 26, parent: 25, device: '0:22', root: '/@v0', directory: '/run/two words\\', filesystem: 'btrfs' },
      ...{ source: '/dev/mapper/a b', writable: false, writableHere: true, options: ['ro', 'subvol=/@v0'] },
    },
    {
      ...{ id: 27, parent: 25, device: '0:23', root: '/', directory: '/proc', filesystem: 'proc', source: 'proc' },
      ...{ writable: true, writableHere: false, options: ['rw'] },
    },
  ]);
});
