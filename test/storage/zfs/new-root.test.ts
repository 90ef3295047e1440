import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { BootRequest } from '../../../src/domain/boot-request.ts';
import type { Place } from '../../../src/domain/volume.ts';
import { deviceOfDataset } from '../../../src/domain/zfs-dataset.ts';
import type { NewRoot } from '../../../src/storage/new-root.ts';
import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { markProperty } from '../../../src/storage/zfs/datasets.ts';
import { prepareZfs } from '../../../src/storage/zfs/new-root.ts';
import { newRootContract } from '../contract-new-root.ts';
import { type Machine, newVersion, takeOver, withMachine } from '../new-root-machine.ts';
import { branch, system, using } from '../objects.ts';
import { makeDatasetOnce, makePool, nativeOf, nativesIn, propertyOf, zfs } from './test-pool.ts';

before(makePool);

const store = 'tank/store';

const subject = { kind: () => ({ ...zfsBackend, pool: makeDatasetOnce(store) }), prepare: prepareZfs };

const inMachine = (body: (machine: Machine) => void): Promise<void> => withMachine(subject, body);

const nameIn = ({ device }: BootRequest['root']): string => device.slice('zfs:'.length);

newRootContract(subject);

test('case 124: a root is a clone of the snapshot that its image is, and nothing is promoted', () =>
  inMachine(({ prepare, request }) => {
    const root = prepare();
    root.open();
    root.commit();
    const name = nameIn(request.root);
    assert.equal(system.mounts.find(request.root.device), name);
    assert.equal(propertyOf(name, 'origin'), nameIn(request.new));
  }));

test('dracut mounts a root as zfs mount does, and nothing else ever mounts it', () =>
  inMachine(({ prepare, request }) => {
    const root = prepare();
    root.open();
    root.commit();
    const name = nameIn(request.root);
    assert.deepEqual([propertyOf(name, 'mountpoint'), propertyOf(name, 'canmount')], ['/', 'noauto']);
    system.withTemporaryDirectory((directory) => {
      execFileSync('mount', ['-t', 'zfs', '-o', 'zfsutil', name, directory]);
      execFileSync('umount', [directory]);
    });
    assert.deepEqual(system.mounts.sourceOf(request.root), { what: name, type: 'zfs', options: ['zfsutil'] });
    assert.deepEqual(system.mounts.sourceOf(request.new).options, []);
    zfs('zfs', ['mount', '-a']);
    assert.ok(!system.readFile('/proc/self/mountinfo').includes(name));
  }));

test('case 124: a dataset of somebody else that has the name of an unfinished one is left as it is', () =>
  inMachine(({ prepare, request }) => {
    const name = `${nameIn(request.root)}.migrating`;
    zfs('zfs', ['create', '-o', 'canmount=off', name]);
    const refused = { code: 'exists', message: /\.migrating: a dataset of that name is there which no store has made/ };
    const root = prepare();
    assert.throws(() => root.open(), refused);
    assert.throws(() => root.discard(), refused);
    assert.ok(nativesIn(store).includes(name));
  }));

test('an image that can be written to, or is none of a store, makes no root', () =>
  inMachine(({ prepare, backend }) => {
    const filesystem = nativeOf(store, branch('image')) ?? '';
    const from = (name: string): NewRoot => prepare({ new: { device: deviceOfDataset(name), subvolume: null } });
    assert.throws(() => from(filesystem).open(), { code: 'bad-image', message: /it is writable/ });
    zfs('zfs', ['snapshot', `${filesystem}@foreign`]);
    assert.throws(() => from(`${filesystem}@foreign`).open(), { code: 'bad-image', message: /no tag of a store/ });
    assert.throws(() => from(`${filesystem}@none`).open(), { code: 'bad-image', message: /must be a snapshot/ });
    assert.equal(prepare().isCommitted(), false);
    assert.equal(backend.list().length, 2);
  }));

test('a pool that is not imported is imported for a boot, without mounting anything', () =>
  inMachine(({ prepare }) => {
    zfs('zfs', ['umount', '-a']);
    zfs('zpool', ['export', 'tank']);
    assert.equal(system.mounts.find('zfs:tank'), null);
    const root = prepare();
    root.open();
    root.discard();
    assert.ok(!system.readFile('/proc/self/mountinfo').includes(' tank'));
  }));

test('all versions are started with the host id of the machine, without which no pool in use is imported', () =>
  inMachine(({ backend }) => {
    const words = backend.bootLocation(newVersion)?.words;
    const id = Buffer.from(readFileSync('/etc/hostid')).readUInt32LE(0).toString(16).padStart(8, '0');
    assert.deepEqual(words, [`spl.spl_hostid=0x${id}`]);
  }));

test('a root that runs becomes a branch where it lies, and again changes nothing', () =>
  inMachine(({ directory, mountpoint, open }) => {
    zfs('zfs', ['create', '-o', 'canmount=noauto', '-o', 'mountpoint=/', `${store}/debian`]);
    const at = join(mountpoint, 'root');
    system.mounts.mount({ device: `zfs:${store}/debian`, subvolume: null }, at, { writable: true });
    const take = (place: Place): void => takeOver(zfsBackend, { directory, pool: store }, { at, place });
    try {
      const place = branch('bookworm.1', 'system');
      zfs('zfs', ['set', 'canmount=on', `${store}/debian`]);
      assert.throws(() => take(place), { code: 'cannot-take-over', message: /it is mounted by itself/ });
      zfs('zfs', ['set', 'canmount=noauto', `${store}/debian`]);
      take(place);
      take(place);
      assert.ok(
        open()
          .list()
          .some((one) => one.place.name === 'bookworm.1'),
      );
      assert.equal(open().bootLocation(place)?.root.device, `zfs:${store}/debian`);
      assert.throws(() => take(branch('other.1', 'system')), {
        code: 'cannot-take-over',
        message: /system\/branch\/bookworm.1 of a store already/,
      });
      assert.equal(
        using(open(), place, (files) => files.status('/')?.type),
        'directory',
        'its content is reached while it is mounted elsewhere',
      );
    } finally {
      system.mounts.unmount(at);
    }
  }));

test('a root that lies elsewhere, or is of another store, is not taken over', () =>
  inMachine(({ directory, mountpoint, backend }) => {
    zfs('zfs', ['create', '-o', 'canmount=noauto', '-o', 'mountpoint=legacy', 'tank/elsewhere']);
    const at = join(mountpoint, 'root');
    try {
      system.mounts.mount({ device: 'zfs:tank/elsewhere', subvolume: null }, at, { writable: true });
      const place = branch('bookworm.1', 'system');
      const take = (pool: string): void => takeOver(zfsBackend, { directory, pool }, { at, place });
      assert.throws(() => take(store), { code: 'cannot-take-over', message: /does not lie below tank\/store/ });
      system.mounts.unmount(at);
      zfs('zfs', ['rename', 'tank/elsewhere', `${store}/elsewhere`]);
      zfs('zfs', ['set', `${markProperty}=${'0'.repeat(32)}:system/branch/x`, `${store}/elsewhere`]);
      system.mounts.mount({ device: `zfs:${store}/elsewhere`, subvolume: null }, at, { writable: true });
      assert.throws(() => take(store), { code: 'cannot-take-over', message: /of a store already/ });
      assert.equal(backend.list().length, 2);
    } finally {
      system.mounts.unmount(at);
    }
  }));
