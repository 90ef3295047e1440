import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../src/domain/failure.ts';
import { applyMigration } from '../../src/flows/apply-migration.ts';
import { busyTrees } from '../apply/busy-trees.ts';
import { changing, intercept, methodOf } from '../apply/interruption.ts';
import { Sandbox, system, timeless } from '../apply/sandbox.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { besideOld } from './beside-old.ts';
import { makeImage, withDevice, withImage, withLoggedDisk } from './logged-disk.ts';
import { evenly } from './sample.ts';

// Images in memory: the disks that fail are made here.
process.env['TMPDIR'] = '/dev/shm';

for (const kind of ['ext4', 'btrfs', 'xfs'] as const) {
  test(`case 64: a disk with ${kind} that is pulled out fails by name, and put in again it is gone on with`, () => {
    const trees = busyTrees();
    return besideOld(trees, async ({ image, mountpoint, old }) => {
      const onDisk = (): Sandbox => new Sandbox(old, trees, mountpoint);
      makeImage(kind, image);
      const { calls, expected } = await withImage(image, mountpoint, () => uninterrupted(onDisk()));
      const states = new Set<string>();
      for (const at of evenly([...Array(calls).keys()], 5)) {
        makeImage(kind, image);
        await withImage(image, mountpoint, () => onDisk().renew());
        const error = await withLoggedDisk(dirname(image), image, ({ disk, pullOut }) =>
          withDevice(disk, mountpoint, () => failureOf(onDisk(), at, pullOut)),
        );
        await withImage(image, mountpoint, () => {
          const sandbox = onDisk();
          const state = sandbox.state();
          states.add(state);
          if (error === null) assert.equal(state, 'committed');
          else assert.ok(error.path.startsWith(join(mountpoint, 'new')), error.message);
          sandbox.apply();
          const differences = describeDifferences(sandbox.read(), expected, timeless);
          assert.deepEqual(differences, [], `pulled out at ${at} of ${calls} (${state})`);
        });
      }
      assert.ok(states.has('begun') || states.has('none'));
      assert.ok(states.has('prepared'));
    });
  });
}

/** With what a run fails whose disk is pulled out before a change; null where it did not notice. */
function failureOf(sandbox: Sandbox, at: number, pullOut: () => void): SystemCallError | null {
  let calls = 0;
  try {
    sandbox.using((trees) => {
      for (const name of changing) {
        const original = methodOf(trees.theirs, name);
        intercept(trees.theirs, name, (args) => {
          if (calls === at) pullOut();
          calls += 1;
          return original(args);
        });
      }
      applyMigration(system, trees, sandbox.request());
    });
    return null;
  } catch (error) {
    if (error instanceof SystemCallError) return error;
    throw error;
  }
}

/** How many changes a run makes, and its result. */
function uninterrupted(sandbox: Sandbox): { readonly calls: number; readonly expected: TreeNode } {
  sandbox.renew();
  const { calls } = sandbox.applyUntil({ at: 0, moment: 'before' });
  return { calls, expected: sandbox.read() };
}
