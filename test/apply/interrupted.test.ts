import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure, SystemCallError } from '../../src/domain/failure.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import { nodeAt, type TreeNode } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { busyTrees } from './busy-trees.ts';
import type { Interruption } from './interruption.ts';
import { Sandbox, timeless } from './sandbox.ts';

// Images in memory: what is tested is order, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** `MIGRATE_INTERRUPTIONS=all` cuts at every moment of every call; else `before` at one of three, the rest of seven. */
const all = process.env['MIGRATE_INTERRUPTIONS'] === 'all';
const [third, seventh] = all ? [1, 1] : [3, 7];
const carried = '/part 0/becomesDirectory/c';

test('case 65: killed at every boundary of prepare and replace and run again, it ends in the same tree', async () => {
  await inSandbox((sandbox) => {
    const { calls, expected } = uninterrupted(sandbox);
    const states = new Set<string>();
    const failures: string[] = [];
    for (const interruption of interruptionsOf(calls)) {
      sandbox.renew();
      assert.equal(sandbox.applyUntil(interruption).killed, true);
      const state = sandbox.state();
      states.add(state);
      sandbox.apply();
      // Planned anew, the root has the time at which the folder of the first run came and went.
      const ignored = state === 'begun' ? timeless : timeless.difference(new Set(['/']));
      const differences = describeDifferences(sandbox.read(), expected, ignored);
      if (differences.length > 0)
        failures.push(`${JSON.stringify(interruption)} (${state}): ${differences.join('; ')}`);
    }
    assert.deepEqual(failures.slice(0, 10), [], `${failures.length} interruptions, of ${calls} calls`);
    assert.deepEqual([...states], ['none', 'begun', 'prepared', 'committed']);
  });
});

test('what is migrated has every kind of action, and more than 60 of them', async () => {
  await inSandbox((sandbox) => {
    sandbox.renew();
    const { actions } = sandbox.apply().plan;
    const kinds = actions.map((action) => (action.kind === 'file' ? action.content.from : action.kind));
    const expected = ['attributes', 'blob', 'directory', 'link', 'node', 'ours', 'remove', 'symlink', 'theirs'];
    assert.deepEqual([...new Set(kinds)].sort(), expected);
    assert.ok(actions.length >= 60, `${actions.length} actions`);
  });
});

test('interrupted before all is prepared, it starts over: what was changed here since is carried', async () => {
  await inSandbox((sandbox) => {
    const prepared = firstCallIn(sandbox, 'prepared');
    sandbox.renew();
    sandbox.applyUntil({ at: prepared - 1, moment: 'before' });
    assert.equal(sandbox.state(), 'begun');
    writeFileSync(join(sandbox.directory, 'ours', carried), 'changed since');
    assert.equal(sandbox.apply().status, 'done');
    assert.equal(nodeAt(sandbox.read(), carried)?.content, 'changed since');
  });
});

test('interrupted when all is prepared, it goes on: what was changed or deleted here since is not looked at', async () => {
  await inSandbox((sandbox) => {
    const { expected } = uninterrupted(sandbox);
    const prepared = firstCallIn(sandbox, 'prepared');
    sandbox.renew();
    sandbox.applyUntil({ at: prepared, moment: 'before' });
    assert.equal(sandbox.state(), 'prepared');
    writeFileSync(join(sandbox.directory, 'ours', carried), 'changed since');
    rmSync(join(sandbox.directory, 'ours/part 0/becomesDirectory/nodes'));
    const applied = sandbox.apply();
    assert.equal(applied.status, 'done');
    // The record alone says that something happened meanwhile.
    const actual = sandbox.read();
    const outcome = '/var/lib/migrate/outcome.json';
    Object.assign(nodeAt(actual, outcome) ?? {}, { content: nodeAt(expected, outcome)?.content });
    assert.deepEqual(describeDifferences(actual, expected, timeless), []);
  });
});

test('without the record of what is prepared, starting over would end in another tree', async () => {
  await inSandbox((sandbox) => {
    const { calls, expected } = uninterrupted(sandbox);
    const prepared = firstCallIn(sandbox, 'prepared');
    let different = 0;
    let tried = 0;
    for (let at = prepared; at < calls; at += 10) {
      sandbox.renew();
      sandbox.applyUntil({ at, moment: 'before' });
      if (sandbox.state() === 'committed') break;
      rmSync(join(sandbox.directory, 'new/.migrate'), { recursive: true, force: true });
      tried += 1;
      if (endsDifferently(sandbox, expected)) different += 1;
    }
    assert.ok(tried > 5 && different > tried / 2, `${different} of ${tried} interruptions end differently`);
  });
});

async function inSandbox(use: (sandbox: Sandbox) => void): Promise<void> {
  await withFilesystem('ext4', (mountpoint) => use(new Sandbox(mountpoint, busyTrees())), { size: '8G' });
}

function uninterrupted(sandbox: Sandbox): { readonly calls: number; readonly expected: TreeNode } {
  sandbox.renew();
  const { calls, killed } = sandbox.applyUntil({ at: 0, moment: 'before' });
  assert.equal(killed, false);
  return { calls, expected: sandbox.read() };
}

/** The first call before which an interruption leaves a result in this state; states come in their order. */
function firstCallIn(sandbox: Sandbox, state: ReturnType<Sandbox['state']>): number {
  let [low, high] = [1, uninterrupted(sandbox).calls];
  const order = ['none', 'begun', 'prepared', 'committed'];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    sandbox.renew();
    sandbox.applyUntil({ at: middle, moment: 'before' });
    if (order.indexOf(sandbox.state()) >= order.indexOf(state)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function endsDifferently(sandbox: Sandbox, expected: TreeNode): boolean {
  try {
    sandbox.apply();
  } catch (error) {
    if (error instanceof Failure || error instanceof SystemCallError) return true;
    throw error;
  }
  const differences = describeDifferences(sandbox.read(), expected, timeless);
  return differences.some((line) => !line.startsWith('/var/lib/migrate/'));
}

function* interruptionsOf(calls: number): Generator<Interruption> {
  for (let at = 1; at <= calls; at++) {
    if (at % third === 1 % third) yield { at, moment: 'before' };
    // On the disk, after a call is the same as before the next one.
    if (at % seventh === 0) yield { at, moment: 'after' };
    if (at % seventh === 1 % seventh) yield { at, moment: 'during' };
  }
}
