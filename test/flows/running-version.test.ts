import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runningVersionOf } from '../../src/flows/running-version.ts';
import type { System } from '../../src/system/system.ts';
import { system } from '../storage/objects.ts';
import { versionOf } from '../versions/version-of.ts';

const device = 'UUID=11111111-2222-4333-8444-555555555555';

/** A machine with this mounted at `/`, and these files. */
function machine(root: string, files: readonly string[] = []): System {
  return { ...system, readFile: () => `24 1 0:31 ${root}\n`, exists: (path) => files.includes(path) };
}

test('what runs is told by the upper directory of the root, else by the store that lies in it', () => {
  const boot = { kernel: '/k', initrd: '/i', secondInitrd: null, commandLine: '', kernelRelease: '6', unknown: {} };
  const whole = versionOf('bookworm.1', 'good', 1, { boot: { ...boot, root: { device, subvolume: null } } });
  const object = 'migrate/volumes/system/branches/trixie.2';
  const layered = versionOf('trixie.2', 'good', 2, { boot: { ...boot, root: { device, subvolume: null, object } } });
  const records = [whole, layered];
  const overlay = `/ / rw - overlay system/branches/trixie.2 rw,lowerdir=/l,upperdir=/run/migrate/filesystem/${object}/tree`;
  const plain = '/ / rw - ext4 /dev/vda rw';
  const store = ['/migrate/store.json'];
  assert.equal(runningVersionOf(machine(overlay), records)?.id, 'trixie.2');
  assert.equal(runningVersionOf(machine(plain, store), records)?.id, 'bookworm.1');
  assert.equal(runningVersionOf(machine(plain), records), null);
  assert.equal(runningVersionOf(machine(plain, store), [layered]), null);
  // Which of two it is cannot be told.
  assert.equal(runningVersionOf(machine(plain, store), [whole, { ...whole, id: 'other.1' }]), null);
});

test('on volumes of LVM what runs is told by the volume that is mounted at the root', () => {
  const boot = { kernel: '/k', initrd: '/i', secondInitrd: null, commandLine: '', kernelRelease: '6', unknown: {} };
  const on = (id: string, node: string) =>
    versionOf(id, 'good', 1, { boot: { ...boot, root: { device: node, subvolume: null } } });
  const records = [on('bookworm.1', '/dev/mapper/vg0-root'), on('trixie.2', '/dev/mapper/vg0-migrate_0a')];
  const running = (source: string) =>
    runningVersionOf(machine(`/ / rw - ext4 ${source} rw`, ['/migrate/store.json']), records);
  assert.equal(running('/dev/mapper/vg0-migrate_0a')?.id, 'trixie.2');
  assert.equal(running('/dev/mapper/vg0-root')?.id, 'bookworm.1');
  assert.equal(running('/dev/mapper/vg0-other'), null);
});

test('on ZFS what runs is told by the dataset that is mounted at the root', () => {
  const boot = { kernel: '/k', initrd: '/i', secondInitrd: null, commandLine: '', kernelRelease: '6', unknown: {} };
  const on = (id: string, dataset: string) =>
    versionOf(id, 'good', 1, { boot: { ...boot, root: { device: `zfs:${dataset}`, subvolume: null } } });
  const records = [on('bookworm.1', 'tank/ROOT/debian'), on('trixie.2', 'tank/ROOT/system.trixie.2-0a')];
  const running = (source: string) =>
    runningVersionOf(machine(`/ / rw - zfs ${source} rw`, ['/migrate/store.json']), records);
  assert.equal(running('tank/ROOT/system.trixie.2-0a')?.id, 'trixie.2');
  assert.equal(running('tank/ROOT/debian')?.id, 'bookworm.1');
  assert.equal(running('tank/ROOT/other'), null);
});
