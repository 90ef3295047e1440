import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, test } from 'node:test';
import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import { markProperty } from '../../../src/storage/zfs/datasets.ts';
import type { ByteStream } from '../../../src/system/streams.ts';
import type { System } from '../../../src/system/system.ts';
import { diesLater } from '../../apply/interruption.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import { changedPaths } from '../btrfs/compare-ways.ts';
import { dyingSystem } from '../dying-system.ts';
import { branch, contentOf, makeImage, type Store, sidecarOf, system, tag, using, withStore } from '../objects.ts';
import { makeDatasetOnce, makePool, nativeOf, nativesIn, propertyOf, zfs } from './test-pool.ts';

const pools = { here: 'tank/here', there: 'tank/there' } as const;
const { signal } = new AbortController();

before(makePool);

/** Two stores in datasets of their own; `there` is made with these options of zfs-create(8). */
function inStores(
  body: (here: Store, there: Store) => void | Promise<void>,
  options: readonly string[] = [],
  input = '',
): Promise<void> {
  const [here, there] = [makeDatasetOnce(pools.here), makeDatasetOnce(pools.there, options, input)];
  return withStore({ ...zfsBackend, pool: here }, 'ext4', (one) =>
    withStore({ ...zfsBackend, pool: there }, 'ext4', (other) => body(one, other)),
  );
}

function send({ backend }: Store, place = tag('image'), parent: ReturnType<typeof tag> | null = null) {
  assert.ok(backend.native !== null);
  return backend.native.send(place, { parent, signal });
}

async function receive(
  { open }: Store,
  stream: ReturnType<typeof send>,
  { as = tag('image'), parent = null as ReturnType<typeof tag> | null, through = system } = {},
): Promise<void> {
  const { native } = open(through);
  assert.ok(native !== null);
  await native.receive(as, stream, { parent, sidecar: sidecarOf('received'), signal });
}

async function* asStream(bytes: Uint8Array): ByteStream {
  yield await Promise.resolve(bytes);
}

test('case 124: what is received brings no properties, is mounted nowhere, and is told apart from what was sent', () =>
  inStores(async (here, there) => {
    makeImage(here.backend);
    const source = nativeOf(pools.here, branch('image')) ?? '';
    for (const one of ['atime=off', 'org.other:note=theirs', 'quota=1G']) zfs('zfs', ['set', one, source]);
    await receive(there, send(here));
    const snapshot = nativeOf(pools.there, tag('image')) ?? '';
    const filesystem = snapshot.slice(0, snapshot.indexOf('@'));
    assert.deepEqual(
      ['canmount', 'mountpoint', 'mounted', 'atime', 'quota', 'org.other:note', 'origin'].map((one) =>
        propertyOf(filesystem, one),
      ),
      ['noauto', 'legacy', 'no', 'on', '0', '-', '-'],
    );
    assert.match(propertyOf(filesystem, markProperty), /^[0-9a-f]{32}:$/);
    assert.deepEqual(nativesIn(pools.there), [filesystem, snapshot]);
    assert.equal(
      propertyOf(snapshot, 'guid'),
      propertyOf(nativeOf(pools.here, tag('image')) ?? '', 'guid'),
      'the proof of the sender',
    );
  }));

test('what was received on top of another tag rests on that, and what differs is told by ZFS', () =>
  inStores(async (here, there) => {
    makeImage(here.backend);
    using(here.backend, branch('image'), (files) => files.create('/new', 'x'));
    here.backend.snapshot(branch('image'), tag('next'), '');
    await receive(there, send(here));
    await receive(there, send(here, tag('next'), tag('image')), { as: tag('next'), parent: tag('image') });
    const snapshot = nativeOf(pools.there, tag('next')) ?? '';
    const filesystem = snapshot.slice(0, snapshot.indexOf('@'));
    assert.equal(propertyOf(filesystem, 'origin'), nativeOf(pools.there, tag('image')));
    assert.deepEqual(changedPaths(there.backend, tag('image'), tag('next')), ['/new']);
    there.backend.remove(tag('image'));
    assert.equal(contentOf(there.backend, tag('next')).children.has('new'), true);
    there.backend.remove(tag('next'));
    assert.deepEqual(nativesIn(pools.there), []);
  }));

test('streams of several snapshots, with properties or in cipher are refused before anything is made', () =>
  inStores(async (here, there) => {
    makeImage(here.backend);
    const native = nativeOf(pools.here, tag('image')) ?? '';
    const filesystem = native.slice(0, native.indexOf('@'));
    let handedOn = 0;
    const watched: System = {
      ...system,
      streams: {
        ...system.streams,
        feed: async (_program, _args, bytes) => {
          for await (const piece of bytes) handedOn += piece.length;
        },
      },
    };
    for (const options of [['-p'], ['-R'], ['-p', '-i', native]]) {
      zfs('zfs', ['snapshot', `${filesystem}@later`]);
      const bytes = execFileSync('zfs', ['send', ...options, options.length > 1 ? `${filesystem}@later` : native]);
      zfs('zfs', ['destroy', `${filesystem}@later`]);
      const stream = { ...send(here), bytes: asStream(bytes) };
      await assert.rejects(receive(there, stream, { through: watched }), { code: 'stream-damaged' }, options.join(' '));
    }
    assert.equal(handedOn, 0);
    assert.deepEqual(nativesIn(pools.there), []);
  }));

test('a stream on top of another snapshot than the parent is refused', () =>
  inStores(async (here, there) => {
    makeImage(here.backend);
    makeImage(here.backend, 'other');
    here.backend.snapshot(branch('image'), tag('next'), '');
    await receive(there, send(here, tag('other')), { as: tag('other') });
    for (const parent of [tag('other'), null]) {
      const stream = send(here, tag('next'), tag('image'));
      await assert.rejects(receive(there, stream, { as: tag('next'), parent }), { code: 'parent-missing' });
    }
    assert.equal(there.backend.list().length, 1);
    assert.equal(nativesIn(pools.there).length, 2);
  }));

test('where the pool is full nothing is left of what was received', () =>
  inStores(
    async (here, there) => {
      makeImage(here.backend);
      using(here.backend, branch('image'), (files) => files.create('/large', 'x'.repeat(30_000_000)));
      here.backend.snapshot(branch('image'), tag('large'), '');
      await assert.rejects(receive(there, send(here, tag('large'))), { code: 'no-space' });
      assert.deepEqual(there.backend.list(), []);
      assert.deepEqual(nativesIn(pools.there), []);
    },
    ['-o', 'quota=8M'],
  ));

test('what is received in an encrypted pool is encrypted by the key of that', () =>
  inStores(
    async (here, there) => {
      makeImage(here.backend);
      await receive(there, send(here));
      const native = nativeOf(pools.there, tag('image')) ?? '';
      assert.equal(propertyOf(native, 'encryptionroot'), pools.there);
      const content = contentOf(here.backend, tag('image'));
      assert.deepEqual(describeDifferences(contentOf(there.backend, tag('image')), content, new Set()), []);
      zfs('zfs', ['unload-key', '-r', pools.there]);
      assert.throws(() => send(there), { code: 'locked' });
      await assert.rejects(receive(there, send(here), { as: tag('second') }), { code: 'locked' });
      assert.equal(there.backend.list().length, 1);
    },
    ['-o', 'encryption=on', '-o', 'keyformat=passphrase'],
    'correct horse',
  ));

test('killed at every step of receiving, a tag is not there or whole, and is received again', () =>
  inStores(async (here, there) => {
    makeImage(here.backend);
    const content = contentOf(here.backend, tag('image'));
    let steps = 0;
    for (let isKilled = true; isKilled; steps += 1) {
      isKilled = await diesLater(() => receive(there, send(here), { through: dyingSystem(steps + 1) }));
      const left = there.open();
      const [found, ...more] = left.list();
      assert.equal(more.length, 0);
      if (found !== undefined && found.sidecar !== null) {
        assert.deepEqual(describeDifferences(contentOf(left, tag('image')), content, new Set()), []);
      }
      left.remove(tag('image'));
      assert.deepEqual(nativesIn(pools.there), [], `nothing is left at step ${steps + 1}`);
      assert.deepEqual(left.list(), []);
    }
    assert.ok(steps >= 4, `${steps} steps`);
    await receive(there, send(here));
    assert.deepEqual(describeDifferences(contentOf(there.backend, tag('image')), content, new Set()), []);
  }));
