import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { BootRequest } from '../../../src/domain/boot-request.ts';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { mountsOf } from '../../../src/domain/mountinfo.ts';
import type { Place } from '../../../src/domain/volume.ts';
import { deviceOfDataset } from '../../../src/domain/zfs-dataset.ts';
import type { Backend } from '../../../src/storage/backend.ts';
import type { NewRoot } from '../../../src/storage/new-root.ts';
import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { markProperty } from '../../../src/storage/zfs/datasets.ts';
import { prepareZfs } from '../../../src/storage/zfs/new-root.ts';
import { branch, makeImage, type Store, system, tag, using, withStore } from '../objects.ts';
import { makeDatasetOnce, makePool, nativeOf, nativesIn, propertyOf, zfs } from './test-pool.ts';

before(makePool);

const store = 'tank/store';

type Machine = Store & { readonly request: BootRequest; readonly prepare: () => NewRoot };

/** A store with an image and a root, and what the command line of the boot says that makes `system/trixie.2`. */
async function withMachine(body: (machine: Machine) => void): Promise<void> {
  const work = mkdtempSync('/run/migrate-test-');
  try {
    await withStore({ ...zfsBackend, pool: makeDatasetOnce(store) }, 'ext4', (opened) => {
      makeImage(opened.backend);
      const request = requestOf(opened.backend);
      body({ ...opened, request, prepare: () => prepareZfs(request, work, system) });
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

const newRoot = branch('trixie.2', 'system');

function requestOf(backend: Backend): BootRequest {
  const at = (place: Place) => {
    const location = backend.bootLocation(place);
    if (location === null) throw new Error('it has no location');
    return location.root;
  };
  const image = at(tag('image'));
  const common = { version: newRoot.name, store: null, enabled: true, base: image, new: image };
  return { ...common, root: at(newRoot), old: at(branch('image')) };
}

const nameIn = ({ device }: BootRequest['root']): string => device.slice('zfs:'.length);

test('case 124: a root is a clone of its image, has its name once it is committed, and is then a branch of the store', () =>
  withMachine(({ prepare, request, open }) => {
    const name = nameIn(request.root);
    const root = prepare();
    assert.equal(root.isCommitted(), false);
    const directory = root.open();
    assert.equal(readFileSync(join(directory, 'a'), 'utf8'), 'a\n');
    writeFileSync(join(directory, 'made'), 'made\n');
    assert.equal(system.mounts.find(request.root.device), null, 'what root= names is not there before the commit');
    assert.deepEqual(open().list().at(-1)?.place, { ...newRoot, name: 'trixie.2.migrating' });
    root.commit();
    assert.equal(prepare().isCommitted(), true);
    assert.equal(system.mounts.find(request.root.device), name);
    assert.equal(propertyOf(name, 'origin'), nameIn(request.new), 'nothing is promoted');
    const found = open();
    assert.deepEqual(found.list().at(-1), { place: newRoot, sidecar: null });
    assert.equal(
      using(found, newRoot, (files) => files.read('/made')),
      'made\n',
    );
    assert.equal(
      using(found, tag('image'), (files) => files.status('/made')),
      null,
    );
    assert.deepEqual(found.bootLocation(newRoot)?.root, request.root);
    assert.equal(
      readFileSync(join(prepare().openReadOnly(), 'made'), 'utf8'),
      'made\n',
      'what is committed is looked at, not the image',
    );
    prepare().close();
    found.remove(newRoot);
    assert.equal(system.mounts.find(request.root.device), null);
  }));

test('dracut mounts a root as zfs mount does, and nothing else ever mounts it', () =>
  withMachine(({ prepare, request }) => {
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

test('one that was left unfinished is thrown away, by the next try or by falling back', () =>
  withMachine(({ prepare }) => {
    const before = nativesIn(store).length;
    const first = prepare();
    writeFileSync(join(first.open(), 'half'), '');
    const again = prepare();
    const directory = again.open();
    assert.throws(() => readFileSync(join(directory, 'half')), { code: 'ENOENT' });
    assert.equal(nativesIn(store).length, before + 1);
    prepare().discard();
    assert.equal(nativesIn(store).length, before);
    assert.equal(again.isCommitted(), false);
  }));

test('one that no boot goes on with is removed as an object of the store', () =>
  withMachine(({ prepare, request, open }) => {
    const root = prepare();
    root.open();
    root.close();
    open().remove({ ...newRoot, name: 'trixie.2.migrating' });
    assert.ok(!nativesIn(store).includes(`${nameIn(request.root)}.migrating`));
    assert.ok(nativesIn(store).includes(nameIn(request.new)), 'the image stays');
  }));

test('case 124: a dataset of somebody else that has the name of an unfinished one is left as it is', () =>
  withMachine(({ prepare, request }) => {
    const name = `${nameIn(request.root)}.migrating`;
    zfs('zfs', ['create', '-o', 'canmount=off', name]);
    const refused = { code: 'exists', message: /\.migrating: a dataset of that name is there which no store has made/ };
    const root = prepare();
    assert.throws(() => root.open(), refused);
    assert.throws(() => root.discard(), refused);
    assert.ok(nativesIn(store).includes(name));
  }));

test('an image that can be written to, or is none of a store, makes no root', () =>
  withMachine(({ prepare, request, backend }) => {
    const filesystem = nativeOf(store, branch('image')) ?? '';
    const work = mkdtempSync('/run/migrate-test-');
    const from = (name: string): NewRoot =>
      prepareZfs({ ...request, new: { device: deviceOfDataset(name), subvolume: null } }, work, system);
    assert.throws(() => from(filesystem).open(), { code: 'bad-image', message: /it is writable/ });
    zfs('zfs', ['snapshot', `${filesystem}@foreign`]);
    assert.throws(() => from(`${filesystem}@foreign`).open(), { code: 'bad-image', message: /no tag of a store/ });
    assert.throws(() => from(`${filesystem}@none`).open(), { code: 'bad-image', message: /must be a snapshot/ });
    rmSync(work, { recursive: true });
    assert.equal(prepare().isCommitted(), false);
    assert.equal(backend.list().length, 2);
  }));

test('a pool that is not imported is imported for a boot, without mounting anything', () =>
  withMachine(({ prepare }) => {
    zfs('zfs', ['umount', '-a']);
    zfs('zpool', ['export', 'tank']);
    assert.equal(system.mounts.find('zfs:tank'), null);
    const root = prepare();
    root.open();
    root.discard();
    assert.ok(!system.readFile('/proc/self/mountinfo').includes(' tank'));
  }));

test('all versions are started with the host id of the machine, without which no pool in use is imported', () =>
  withMachine(({ backend }) => {
    const words = backend.bootLocation(newRoot)?.words;
    const id = Buffer.from(readFileSync('/etc/hostid')).readUInt32LE(0).toString(16).padStart(8, '0');
    assert.deepEqual(words, [`spl.spl_hostid=0x${id}`]);
  }));

test('a root that runs becomes a branch where it lies, and again changes nothing', () =>
  withMachine(({ directory, mountpoint, open }) => {
    zfs('zfs', ['create', '-o', 'canmount=noauto', '-o', 'mountpoint=/', `${store}/debian`]);
    const at = join(mountpoint, 'root');
    system.mounts.mount({ device: `zfs:${store}/debian`, subvolume: null }, at, { writable: true });
    const take = (place: Place): void => {
      const root = mountsOf(system.readFile('/proc/self/mountinfo')).find((one) => one.directory === bytesOfText(at));
      assert.ok(root !== undefined);
      zfsBackend.takeOverVolume?.({ directory: bytesOfText(directory), pool: store }, system, { root, place });
    };
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
  withMachine(({ directory, mountpoint, backend }) => {
    zfs('zfs', ['create', '-o', 'canmount=noauto', '-o', 'mountpoint=legacy', 'tank/elsewhere']);
    const at = join(mountpoint, 'root');
    try {
      system.mounts.mount({ device: 'zfs:tank/elsewhere', subvolume: null }, at, { writable: true });
      const place = branch('bookworm.1', 'system');
      const take = (pool: string): void => {
        const root = mountsOf(system.readFile('/proc/self/mountinfo')).find((one) => one.directory === bytesOfText(at));
        assert.ok(root !== undefined);
        zfsBackend.takeOverVolume?.({ directory: bytesOfText(directory), pool }, system, { root, place });
      };
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
