import assert from 'node:assert/strict';
import { closeSync, openSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { placeTag } from '../../../src/storage/lvm-thin/volume-tags.ts';
import {
  branch,
  contentOf,
  makeImage,
  system,
  type TestedKind,
  type TestPool,
  tag,
  using,
  withStore,
} from '../objects.ts';
import { lvm, makeGroup, makePool } from './thin-pool.ts';

/** A pool in a volume group that is made anew. */
function newPool(): TestPool {
  makeGroup();
  return makePool('pool', { size: '512M', metadata: '4M' });
}

const kindIn = (pool: TestPool): TestedKind => ({ ...lvmThinBackend, pool });

/** The names of volumes that are active, the pool and what it is made of apart. */
function activeVolumes(): string[] {
  const selection = 'pool_lv!="" && lv_active=active';
  return lvm('lvs', ['--noheadings', '--options', 'lv_name', '--select', selection, 'vg0'])
    .split('\n')
    .flatMap((line) => line.trim() || []);
}

test('case 126: volumes are active while they are used, and neither before nor when all are activated', async () => {
  await withStore(kindIn(newPool()), 'ext4', ({ backend, mountpoint, open }) => {
    makeImage(backend);
    assert.deepEqual(activeVolumes(), []);
    using(backend, tag('image'), () => assert.equal(activeVolumes().length, 1));
    assert.deepEqual(activeVolumes(), []);
    lvm('vgchange', ['--activate', 'y', 'vg0']);
    assert.deepEqual(activeVolumes(), []);
    const at = join(mountpoint, 'mounted');
    backend.mount(branch('image'), at, { writable: true });
    assert.equal(
      using(open(), tag('image'), () => activeVolumes().length),
      2,
    );
    system.mounts.unmount(at);
    open();
    assert.deepEqual(activeVolumes(), [], 'what was mounted until then is not active any more');
  });
});

test('a tag of a branch that is being written to can be mounted, and holds what was written', async () => {
  await withStore(kindIn(newPool()), 'ext4', ({ backend, mountpoint }) => {
    makeImage(backend);
    const at = join(mountpoint, 'mounted');
    backend.mount(branch('image'), at, { writable: true });
    const open = openSync(join(at, 'unlinked'), 'w');
    try {
      writeFileSync(open, 'x'.repeat(100_000));
      unlinkSync(join(at, 'unlinked'));
      writeFileSync(join(at, 'late'), 'not synchronized\n');
      backend.snapshot(branch('image'), tag('late'), '');
      backend.snapshot(branch('image'), branch('late'), '');
    } finally {
      closeSync(open);
    }
    for (const place of [tag('late'), branch('late')]) {
      assert.deepEqual(
        using(backend, place, (_files, directory) => readdirSync(directory)),
        ['a', 'b', 'etc', 'late'],
      );
      assert.equal(
        using(backend, place, (files) => files.read('/late')),
        'not synchronized\n',
      );
    }
    system.mounts.unmount(at);
  });
});

test('volumes of others in the pool, another store among them, are neither listed nor touched', async () => {
  const pool = newPool();
  const others = ['--type', 'thin', '--thinpool', 'pool', '--virtualsize', '64M', '--name', 'theirs', 'vg0'];
  lvm('lvcreate', ['--yes', ...others]);
  const tagged = ['--name', 'tagged', '--addtag', 'migrate.place=branch/data/image'];
  lvm('lvcreate', ['--yes', '--snapshot', ...tagged, 'vg0/theirs']);
  await withStore(kindIn({ ...pool, clear: () => undefined }), 'ext4', async ({ backend: first }) => {
    makeImage(first);
    const before = contentOf(first, tag('image'));
    const all = pool.natives();
    assert.equal(all.length, 4);
    await withStore(kindIn({ ...pool, clear: () => undefined }), 'ext4', ({ backend: second }) => {
      assert.deepEqual(second.list(), []);
      makeImage(second);
      for (const { place } of second.list()) second.remove(place);
      second.remove(branch('theirs'));
      assert.deepEqual(pool.natives(), all);
      assert.deepEqual(contentOf(first, tag('image')), before);
    });
  });
});

test('a volume is not removed while one outside the pool rests on it, whose device stays too', async () => {
  const pool = newPool();
  await withStore(kindIn(pool), 'ext4', ({ backend, open }) => {
    makeImage(backend);
    const before = backend.list();
    const selection = `lv_tags=${placeTag(branch('image'))}`;
    const name = lvm('lvs', ['--noheadings', '--options', 'lv_name', '--select', selection, 'vg0']).trim();
    lvm('lvcreate', ['--yes', '--snapshot', '--size', '16M', '--name', 'theirs', `vg0/${name}`]);
    lvm('vgchange', ['--activate', 'y', '--ignoreactivationskip', 'vg0']);
    const theirs = openSync('/dev/vg0/theirs', 'r');
    try {
      using(open(), branch('image'), (files) => assert.equal(files.read('/a'), 'a\n'));
    } finally {
      closeSync(theirs);
    }
    assert.throws(() => backend.remove(branch('image')), { code: 'needed', message: /volume theirs would go with it/ });
    assert.deepEqual(backend.list(), before);
    assert.equal(lvm('lvs', ['--noheadings', '--options', 'origin', 'vg0/theirs']).trim(), name);
    lvm('lvremove', ['--yes', 'vg0/theirs']);
    for (const place of [branch('image'), tag('image')]) backend.remove(place);
    assert.deepEqual(pool.natives(), []);
  });
});

test('a pool that is not there, is none, or hands out what others left is refused', async () => {
  const pool = newPool();
  const refused = (name: string, message: RegExp): Promise<void> =>
    assert.rejects(
      withStore(kindIn({ ...pool, name }), 'ext4', () => undefined),
      { code: 'pool', message },
    );
  await refused('pool', /not of the form VG\/POOL/);
  await refused('absent/pool', /Volume group "absent" not found/);
  await refused('vg0/absent', /vg0 has no thin pool "absent"/);
  lvm('lvcreate', ['--yes', '--size', '8M', '--name', 'linear', 'vg0']);
  await refused('vg0/linear', /vg0 has no thin pool "linear"/);
  lvm('lvchange', ['--zero', 'n', 'vg0/pool']);
  await refused('vg0/pool', /blocks that are not cleared/);
  await assert.rejects(
    withStore(lvmThinBackend, 'ext4', () => undefined),
    { code: 'pool', message: /none is named/ },
  );
});

test('a tag that somebody has made writable is told, with what takes that back', async () => {
  await withStore(kindIn(newPool()), 'ext4', ({ backend }) => {
    makeImage(backend);
    assert.deepEqual(backend.writableTags?.(), []);
    const selection = `lv_tags=${placeTag(tag('image'))}`;
    const name = lvm('lvs', ['--noheadings', '--options', 'lv_full_name', '--select', selection, 'vg0']).trim();
    lvm('lvchange', ['--permission', 'rw', name]);
    const [told, ...others] = backend.writableTags?.() ?? [];
    assert.deepEqual([told?.place, others], [tag('image'), []]);
    lvm('sh', ['-c', told?.remedy ?? 'false']);
    assert.deepEqual(backend.writableTags?.(), []);
  });
});
