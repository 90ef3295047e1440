import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../src/domain/failure.ts';
import { applyMigration } from '../../src/flows/apply-migration.ts';
import { intercept } from '../apply/interruption.ts';
import { Sandbox, system } from '../apply/sandbox.ts';
import { nodeAt } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { besideOld } from './beside-old.ts';
import { largeTrees, mebibyte } from './large-trees.ts';
import { makeImage, withImage } from './logged-disk.ts';

// Images in memory: the disks that fail are made here.
process.env['TMPDIR'] = '/dev/shm';

test('case 64: content that the disk did not take when it was written out is never taken for written', () =>
  onThinDisk(async (sandbox, mounted) => {
    await mounted('exhausted', () => {
      assert.throws(
        () => sandbox.apply(),
        (error) => error instanceof SystemCallError && error.call === 'syncfs' && error.path === sandbox.request().new,
      );
      assert.equal(sandbox.state(), 'begun');
    });
    await mounted('healthy', () => {
      assert.equal(sandbox.apply().status, 'done');
      assert.ok(isCarried(sandbox));
    });
  }));

test('case 64: with all synchronizations taken out, content that the disk did not take is taken for written', () =>
  onThinDisk(async (sandbox, mounted) => {
    await mounted('exhausted', () => {
      const applied = sandbox.using((trees) => {
        intercept(trees.theirs, 'syncFilesystem', () => undefined);
        return applyMigration(system, trees, sandbox.request());
      });
      assert.equal(applied.status, 'done');
      assert.ok(isCarried(sandbox));
    });
    await mounted('healthy', () => assert.ok(!isCarried(sandbox)));
  }));

type Mounted = (pool: 'healthy' | 'exhausted', body: () => void) => Promise<void>;

/**
 * A pristine new root on a disk that is given its blocks by a pool when they are first written, like a thin volume: it says
 * that it has room, and fails when the pool has none. A file is to be carried to it that is larger than what is left.
 */
async function onThinDisk(use: (sandbox: Sandbox, mounted: Mounted) => Promise<void>): Promise<void> {
  const trees = largeTrees(8);
  await besideOld(trees, ({ mountpoint, old }) =>
    withFilesystem(
      'tmpfs',
      async (pool) => {
        const [image, others] = [join(pool, 'image'), join(pool, 'others')];
        const sandbox = new Sandbox(old, trees, mountpoint);
        makeImage('ext4', image);
        await withImage(image, mountpoint, () => sandbox.renew());
        await use(sandbox, async (state, body) => {
          const { bavail, bsize } = statfsSync(pool);
          // Some is left for what the filesystem itself writes.
          if (state === 'exhausted') execFileSync('fallocate', ['-l', `${bavail * bsize - 2 * mebibyte}`, others]);
          await withImage(image, mountpoint, body);
          rmSync(others, { force: true });
        });
      },
      { size: '64M' },
    ),
  );
}

function isCarried(sandbox: Sandbox): boolean {
  return sandbox.using(({ ours, theirs }) => {
    return theirs.status('/large')?.type === 'file' && theirs.sameContent('/large', ours, '/large');
  });
}

test('case 64: content of the old root that cannot be read stops the run by name, and is carried when it can be', () =>
  withFilesystem('tmpfs', async (directory) => {
    const trees = largeTrees(1);
    const [image, old] = [join(directory, 'image'), join(directory, 'old')];
    mkdirSync(old);
    makeImage('btrfs', image);
    const sandbox = await withImage(image, old, () => new Sandbox(old, trees, directory));
    sandbox.renew();
    const healthy = readFileSync(image);
    const at = healthy.indexOf('m'.repeat(100));
    assert.ok(at > 0);
    writeFileSync(image, Buffer.from(healthy).fill('#', at, at + 64));
    await withImage(image, old, () => {
      assert.throws(
        () => sandbox.apply(),
        (error) =>
          error instanceof SystemCallError && error.code === 'EIO' && error.path === join(old, 'ours', 'large'),
      );
      assert.equal(sandbox.state(), 'begun');
    });
    writeFileSync(image, healthy);
    await withImage(image, old, () => {
      assert.equal(sandbox.apply().status, 'done');
      assert.equal(nodeAt(sandbox.read(), '/large')?.content, nodeAt(trees.ours, '/large')?.content);
    });
  }));
