import assert from 'node:assert/strict';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, test } from 'node:test';
import type { Backend } from '../../../src/storage/backend.ts';
import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import type { TreeNode } from '../../property/tree-node.ts';
import {
  branch,
  contentOf,
  makeImage,
  type Store,
  sidecarOf,
  type TestedKind,
  tag,
  using,
  withStore,
} from '../objects.ts';
import { lvm, makeGroup, makePool } from './thin-pool.ts';

const mebibyte = 2 ** 20;

/** A pool that is soon full; 128 MiB leave room for a filesystem or two. */
function inSmallPool(body: (store: Store) => void): Promise<void> {
  const kind: TestedKind = { ...lvmThinBackend, pool: makePool('small', { size: '128M', metadata: '4M' }) };
  return withStore(kind, 'ext4', body);
}

beforeEach(makeGroup);

/** Writes until there is no room; what the kernel says then. */
function fill(directory: string, mebibytes: number): void {
  const file = openSync(join(directory, 'large'), 'w');
  try {
    for (let count = 0; count < mebibytes; count += 1) writeSync(file, Buffer.alloc(mebibyte, 1 + (count % 250)));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** A tag, and two branches of it of which one has half of the pool: a filesystem alone cannot fill it. */
function makeHalfFull(backend: Backend): TreeNode {
  makeImage(backend);
  backend.snapshot(tag('image'), branch('other'), sidecarOf('other'));
  using(backend, branch('image'), (_files, directory) => fill(directory, 60));
  return contentOf(backend, tag('image'));
}

test('case 126: nothing is made in a pool that is nearly full, and all is as before', () =>
  inSmallPool(({ backend, pool }) => {
    const before = makeHalfFull(backend);
    const room = Math.floor((pool?.free() ?? 0) / mebibyte);
    using(backend, branch('other'), (_files, directory) => fill(directory, room - 5));
    const [objects, natives] = [backend.list(), pool?.natives()];
    assert.throws(() => backend.create(branch('new'), ''), {
      code: 'no-space',
      message: /MiB are free, and 6 are to stay so/,
    });
    const { bytes, reserved = 0 } = backend.room?.() ?? {};
    assert.deepEqual([bytes, Math.floor(reserved / mebibyte)], [0, 6]);
    assert.throws(() => backend.snapshot(tag('image'), branch('new'), ''), { code: 'no-space' });
    assert.deepEqual([backend.list(), pool?.natives()], [objects, natives]);
    assert.deepEqual(describeDifferences(contentOf(backend, tag('image')), before, new Set()), []);
    backend.remove(branch('image'));
    backend.snapshot(tag('image'), branch('new'), sidecarOf('new'));
    assert.deepEqual(describeDifferences(contentOf(backend, branch('new')), before, new Set()), []);
  }));

test('case 126: nor in one whose metadata is nearly full, where all but the guard would let it', () =>
  inSmallPool(({ backend, pool }) => {
    makeImage(backend);
    const taken = (): number => Number(lvm('lvs', ['--noheadings', '--options', 'metadata_percent', pool?.name ?? '']));
    // An empty volume that LVM knows nothing of takes one block of 4 KiB, of 1024.
    const numbers = Array.from({ length: Math.ceil(((91 - taken()) / 100) * 1024) }, (_, index) => 100_000 + index);
    const messages = (word: string, last = numbers.length): string =>
      numbers
        .slice(0, last)
        .map((number) => `dmsetup message vg0-small-tpool 0 '${word} ${number}'`)
        .join('\n');
    lvm('sh', ['-e', '-c', messages('create_thin')]);
    assert.ok(taken() > 90 && taken() < 95, `${taken()} %`);
    const natives = pool?.natives();
    const words = /of its metadata is taken, and 10 % are to stay free/;
    assert.throws(() => backend.snapshot(tag('image'), branch('new'), ''), { code: 'no-space', message: words });
    assert.deepEqual(pool?.natives(), natives);
    lvm('sh', ['-e', '-c', messages('delete', 200)]);
    backend.snapshot(tag('image'), branch('new'), '');
  }));

test('case 126: a pool that runs full while one branch is written to harms no other', () =>
  inSmallPool(({ backend, pool }) => {
    const before = makeHalfFull(backend);
    assert.throws(
      () => using(backend, branch('other'), (_files, directory) => fill(directory, 90)),
      /EIO|ENOSPC|EROFS/,
    );
    assert.ok((pool?.free() ?? 0) < mebibyte);
    assert.deepEqual(describeDifferences(contentOf(backend, tag('image')), before, new Set()), []);
    using(backend, branch('image'), (files) => assert.equal(files.status('/large')?.size, 60 * mebibyte));
    backend.remove(branch('other'));
    backend.snapshot(tag('image'), branch('new'), sidecarOf('new'));
    using(backend, branch('new'), (_files, directory) => fill(directory, 20));
    backend.snapshot(branch('new'), tag('new'), '');
  }));
