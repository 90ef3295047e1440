import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BootRequest } from '../../../src/domain/boot-request.ts';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { mountsOf } from '../../../src/domain/mountinfo.ts';
import type { Backend } from '../../../src/storage/backend.ts';
import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { prepareLvmThin } from '../../../src/storage/lvm-thin/new-root.ts';
import type { NewRoot } from '../../../src/storage/new-root.ts';
import { branch, makeImage, type Store, system, type TestPool, tag, using, withStore } from '../objects.ts';
import { lvm, makeGroup, makePool } from './thin-pool.ts';

type Machine = Store & { readonly pool: TestPool; readonly request: BootRequest; readonly prepare: () => NewRoot };

/** A store with an image and a root, and what the command line of the boot says that makes `system/trixie.2`. */
async function withMachine(body: (machine: Machine) => void): Promise<void> {
  makeGroup();
  const pool = makePool('pool', { size: '512M', metadata: '4M' });
  const work = mkdtempSync('/run/migrate-test-');
  try {
    await withStore({ ...lvmThinBackend, pool }, 'ext4', (store) => {
      makeImage(store.backend);
      const request = requestOf(store.backend);
      body({ ...store, pool, request, prepare: () => prepareLvmThin(request, work, system) });
    });
  } finally {
    rmSync(work, { recursive: true });
  }
}

function requestOf(backend: Backend): BootRequest {
  const at = (place: ReturnType<typeof branch>) => {
    const location = backend.bootLocation(place);
    if (location === null) throw new Error('it has no location');
    return location.root;
  };
  const version = 'trixie.2';
  const image = at(tag('image'));
  const common = { version, store: null, enabled: true, base: image, new: image };
  return { ...common, root: at(branch(version, 'system')), old: at(branch('image')) };
}

const nodeOf = (device: string): string => lvm('findmnt', ['--noheadings', '--output', 'TARGET', device]).trim();

test('a root is a snapshot of its image, has its name once it is committed, and is then a branch of the store', () =>
  withMachine(({ prepare, request, open, pool }) => {
    const root = prepare();
    assert.equal(root.isCommitted(), false);
    const directory = root.open();
    assert.equal(readFileSync(join(directory, 'a'), 'utf8'), 'a\n');
    writeFileSync(join(directory, 'made'), 'made\n');
    assert.equal(system.mounts.find(request.root.device), null, 'what root= names is not there before the commit');
    root.commit();
    assert.equal(prepare().isCommitted(), true);
    assert.notEqual(system.mounts.find(request.root.device), null);
    assert.equal(pool.natives().length, 3);
    const found = open();
    const place = branch('trixie.2', 'system');
    assert.ok(found.list().some((one) => one.place.name === 'trixie.2' && one.sidecar === null));
    assert.equal(
      using(found, place, (files) => files.read('/made')),
      'made\n',
    );
    assert.equal(
      using(found, tag('image'), (files) => files.status('/made')),
      null,
    );
    assert.deepEqual(found.bootLocation(place)?.root, request.root);
    found.remove(place);
  }));

test('one that was left unfinished is thrown away, by the next try or by falling back', () =>
  withMachine(({ prepare, pool, open, request }) => {
    const first = prepare();
    writeFileSync(join(first.open(), 'half'), '');
    const again = prepare();
    const directory = again.open();
    assert.throws(() => readFileSync(join(directory, 'half')), { code: 'ENOENT' });
    assert.equal(pool.natives().length, 3);
    // The store does not take it for the version, whose place is free.
    const branches = open()
      .list()
      .filter(({ place }) => place.volume === 'system');
    assert.deepEqual(branches, [{ place: branch('trixie.2.migrating', 'system'), sidecar: null }]);
    assert.deepEqual(open().bootLocation(branch('trixie.2', 'system'))?.root, request.root);
    prepare().discard();
    assert.equal(pool.natives().length, 2);
    assert.equal(again.isCommitted(), false);
  }));

test('a volume of somebody else that has the name of an unfinished one is left as it is', () =>
  withMachine(({ prepare, request, pool }) => {
    const name = `${request.root.device.slice('/dev/mapper/vg0-'.length)}.migrating`;
    const thin = ['--type', 'thin', '--thinpool', 'pool', '--virtualsize', '16M'];
    lvm('lvcreate', ['--yes', ...thin, '--addtag', 'backup', '--name', name, 'vg0']);
    const root = prepare();
    const refused = { code: 'exists', message: /\.migrating: a volume of that name is there which no store has made/ };
    assert.throws(() => root.open(), refused);
    assert.throws(() => root.discard(), refused);
    assert.ok(pool.natives().includes(name));
    assert.equal(pool.natives().length, 3);
  }));

test('an image that can be written to, or is none of a store, makes no root', () =>
  withMachine(({ prepare, request, pool }) => {
    const name = request.new.device.slice('/dev/mapper/vg0-'.length);
    lvm('lvchange', ['--activate', 'n', `vg0/${name}`]);
    lvm('lvchange', ['--permission', 'rw', `vg0/${name}`]);
    assert.throws(() => prepare().open(), { code: 'bad-image', message: /it is writable/ });
    lvm('lvchange', ['--permission', 'r', `vg0/${name}`]);
    const tags = lvm('lvs', ['--noheadings', '--options', 'lv_tags', `vg0/${name}`])
      .trim()
      .split(',');
    for (const one of tags) lvm('lvchange', ['--deltag', one, `vg0/${name}`]);
    assert.throws(() => prepare().open(), { code: 'bad-image', message: /no thin volume of a store/ });
    assert.equal(pool.natives().length, 2);
  }));

test('a root that runs becomes a branch where it lies, and again changes nothing', () =>
  withMachine(({ directory, mountpoint, open, pool }) => {
    lvm('lvcreate', ['--yes', '--type', 'thin', '--thinpool', 'pool', '--virtualsize', '64M', '--name', 'root', 'vg0']);
    lvm('mke2fs', ['-q', '-t', 'ext4', '/dev/vg0/root']);
    const at = join(mountpoint, 'root');
    system.mounts.mount({ device: '/dev/mapper/vg0-root', subvolume: null }, at, { writable: true });
    try {
      const root = mountsOf(system.readFile('/proc/self/mountinfo')).find((one) => one.directory === bytesOfText(at));
      assert.ok(root !== undefined);
      const place = branch('bookworm.1', 'system');
      const take = (): void =>
        lvmThinBackend.takeOverVolume?.({ directory: bytesOfText(directory), pool: pool.name }, system, {
          root,
          place,
        });
      take();
      take();
      assert.ok(
        open()
          .list()
          .some((one) => one.place.name === 'bookworm.1'),
      );
      assert.deepEqual(open().bootLocation(place)?.words, ['rd.lvm.lv=vg0/root']);
      assert.equal(nodeOf('/dev/mapper/vg0-root'), at, 'it is still mounted');
      const other = { root, place: branch('other.1', 'system') };
      const again = (): void =>
        lvmThinBackend.takeOverVolume?.({ directory: bytesOfText(directory), pool: pool.name }, system, other);
      assert.throws(again, {
        code: 'cannot-take-over',
        message: /has the tag migrate.place=branch\/system\/bookworm.1/,
      });
    } finally {
      system.mounts.unmount(at);
    }
  }));
