import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { markProperty } from '../../../src/storage/zfs/datasets.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import { branch, contentOf, makeImage, type Store, sidecarOf, system, tag, using, withStore } from '../objects.ts';
import { makeDatasetOnce, makePool, nativeOf, nativesIn, propertyOf, zfs } from './test-pool.ts';

const store = 'tank/store';

before(makePool);

function inStore(body: (store: Store) => void, options: readonly string[] = [], input = ''): Promise<void> {
  return withStore({ ...zfsBackend, pool: makeDatasetOnce(store, options, input) }, 'ext4', body);
}

const native = (place: ReturnType<typeof branch>): string => nativeOf(store, place) ?? '';

test('case 124: a branch is a clone of the snapshot that its tag is, and nothing is ever promoted', () =>
  inStore(({ backend }) => {
    makeImage(backend);
    backend.snapshot(tag('image'), branch('one'), '');
    backend.snapshot(branch('one'), branch('two'), '');
    const [image, one, two] = [tag('image'), branch('one'), branch('two')].map(native);
    assert.equal(propertyOf(one ?? '', 'origin'), image);
    assert.ok(propertyOf(two ?? '', 'origin').startsWith(`${one}@`));
    assert.ok(image?.startsWith(`${native(branch('image'))}@`));
  }));

test('case 124: what a clone rests on is not destroyed with it, goes with the last, and its place is free at once', () =>
  inStore(({ backend }) => {
    makeImage(backend);
    backend.snapshot(tag('image'), branch('clone'), sidecarOf('clone'));
    const content = contentOf(backend, branch('clone'));
    const [origin, filesystem] = [native(tag('image')), native(branch('image'))];
    assert.throws(() => zfs('zfs', ['destroy', origin]), /has dependent clones/);
    backend.remove(tag('image'));
    backend.remove(branch('image'));
    assert.deepEqual(
      backend.list().map(({ place }) => place),
      [branch('clone')],
    );
    assert.deepEqual(nativesIn(store).toSorted(), [filesystem, origin, native(branch('clone'))].toSorted());
    assert.equal(propertyOf(origin, 'defer_destroy'), 'on');
    assert.deepEqual(describeDifferences(contentOf(backend, branch('clone')), content, new Set()), []);
    makeImage(backend);
    assert.notEqual(native(tag('image')), origin);
    for (const place of [branch('clone'), tag('image'), branch('image')]) backend.remove(place);
    assert.deepEqual(nativesIn(store), []);
  }));

test('what a removed branch held beyond its last tag takes no room any more', () =>
  inStore(({ backend, pool }) => {
    makeImage(backend);
    using(backend, branch('image'), (files) => files.create('/large', 'x'.repeat(30_000_000)));
    const used = (): number => Number(propertyOf(store, 'used'));
    assert.ok(used() > 30_000_000);
    backend.remove(branch('image'));
    assert.ok(used() < 5_000_000, `${used()} bytes`);
    assert.ok((pool?.free() ?? 0) > 0);
    assert.equal(contentOf(backend, tag('image')).children.has('large'), false);
  }));

test('case 124: snapshots, bookmarks, holds and datasets of others are named, and nothing goes with them', () =>
  inStore(({ backend }) => {
    makeImage(backend);
    const [filesystem, snapshot] = [native(branch('image')), native(tag('image'))];
    zfs('zfs', ['hold', 'backup', snapshot]);
    assert.throws(() => backend.remove(tag('image')), { code: 'needed', message: /has put a hold on/ });
    zfs('zfs', ['release', 'backup', snapshot]);
    zfs('zfs', ['snapshot', `${filesystem}@hourly`]);
    assert.throws(() => backend.remove(branch('image')), { code: 'needed', message: /@hourly was not made here/ });
    zfs('zfs', ['bookmark', `${filesystem}@hourly`, `${filesystem}#replicated`]);
    zfs('zfs', ['destroy', `${filesystem}@hourly`]);
    assert.throws(() => backend.remove(branch('image')), { code: 'needed', message: /#replicated is newer than/ });
    zfs('zfs', ['destroy', `${filesystem}#replicated`]);
    zfs('zfs', ['create', '-o', 'canmount=off', `${filesystem}/child`]);
    assert.throws(() => backend.remove(branch('image')), { code: 'nested', message: /\/child lies in it/ });
    zfs('zfs', ['destroy', `${filesystem}/child`]);
    assert.deepEqual(backend.list(), [
      { place: branch('image'), sidecar: sidecarOf('image') },
      { place: tag('image'), sidecar: sidecarOf('image@data') },
    ]);
    for (const place of [branch('image'), tag('image')]) backend.remove(place);
    assert.deepEqual(nativesIn(store), []);
  }));

test('case 124: a mark that was inherited, received or set for another store makes nothing ours', () =>
  inStore(({ backend }) => {
    makeImage(backend);
    const source = native(branch('image'));
    const mark = propertyOf(source, markProperty);
    const others = { inherited: `${store}/inherited`, child: `${store}/inherited/child`, other: `${store}/other` };
    zfs('zfs', ['create', '-o', 'canmount=off', others.inherited]);
    zfs('zfs', ['create', '-o', 'canmount=off', others.child]);
    zfs('zfs', ['create', '-o', 'canmount=off', '-o', `${markProperty}=${'0'.repeat(32)}:`, others.other]);
    zfs('zfs', ['snapshot', `${source}@sent`]);
    zfs('sh', ['-c', `zfs send -p "$1" | zfs receive -u "$2"`, 'sh', `${source}@sent`, `${store}/copy`]);
    assert.equal(propertyOf(`${store}/copy`, markProperty), mark, 'a stream with properties brings the mark along');
    zfs('zfs', ['destroy', `${source}@sent`]);
    assert.equal(backend.list().length, 2);
    zfs('zfs', ['inherit', markProperty, others.inherited]);
    for (const { place } of backend.list()) backend.remove(place);
    assert.deepEqual(backend.list(), []);
    const left = nativesIn(store).filter((name) => !name.includes('@'));
    assert.deepEqual(left.toSorted(), [`${store}/copy`, others.inherited, others.child, others.other].toSorted());
  }));

test('two stores in one dataset know nothing of each other', () =>
  inStore(({ backend, mountpoint }) => {
    makeImage(backend);
    const directory = join(mountpoint, 'second');
    mkdirSync(directory);
    const second = zfsBackend.open(directory, system, store);
    assert.deepEqual(second.list(), []);
    second.create(branch('image'), '');
    second.remove(branch('image'));
    assert.deepEqual(second.list(), []);
    assert.equal(backend.list().length, 2);
  }));

test('case 124: without its key nothing is read or made, what to do is said, and lists still work', () =>
  inStore(
    ({ backend }) => {
      makeImage(backend);
      zfs('zfs', ['unload-key', '-r', store]);
      assert.equal(backend.list().length, 2);
      const locked = { code: 'locked', advice: `Load it: zfs load-key ${store}`, message: /key is not loaded/ };
      const objects = nativesIn(store);
      assert.throws(() => backend.create(branch('new'), ''), locked);
      assert.throws(() => backend.snapshot(tag('image'), branch('new'), ''), locked);
      assert.throws(() => backend.withContent(branch('image'), { writable: true }, () => 1), locked);
      assert.deepEqual(nativesIn(store), objects);
      zfs('zfs', ['load-key', '-r', store], 'correct horse');
      assert.equal(contentOf(backend, tag('image')).children.has('a'), true);
    },
    ['-o', 'encryption=on', '-o', 'keyformat=passphrase'],
    'correct horse',
  ));

test('a pool that is missing, or is not there, is refused', () =>
  inStore(({ directory }) => {
    const open = (pool?: string) => zfsBackend.open(directory, system, pool);
    assert.throws(() => open(), { code: 'pool' });
    assert.throws(() => open('tank/none'), { code: 'pool', message: /dataset does not exist/ });
    for (const name of ['tank', '-r/x', 'tank/a@b', 'tank//x']) assert.throws(() => open(name), { code: 'pool' }, name);
  }));

test('names that ZFS does not take, and two that it would cut to one, are names of objects', () =>
  inStore(({ backend }) => {
    const long = 'n'.repeat(110);
    const names = [`${long}+1`, `${long}+2`, 'a+b', 'a_b', 'a:b'];
    for (const name of names) {
      backend.create(branch(name, long), sidecarOf(name));
      using(backend, branch(name, long), (_files, directory) => writeFileSync(join(directory, 'name'), name));
    }
    for (const name of names) {
      assert.equal(
        using(backend, branch(name, long), (files) => files.read('/name')),
        name,
      );
    }
    assert.equal(backend.list().length, names.length);
  }));

test('the directory of the store may lie on ZFS itself', () => {
  const pool = makeDatasetOnce(store);
  zfs('zfs', ['create', '-o', 'mountpoint=legacy', 'tank/records']);
  system.withTemporaryDirectory((directory) => {
    execFileSync('mount', ['-t', 'zfs', 'tank/records', directory]);
    try {
      const backend = zfsBackend.open(directory, system, store);
      makeImage(backend);
      for (const { place } of backend.list()) backend.remove(place);
      assert.deepEqual(nativesIn(store), []);
    } finally {
      execFileSync('umount', [directory]);
      pool.clear();
    }
  });
});
