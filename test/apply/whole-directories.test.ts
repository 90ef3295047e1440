import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { prepare } from '../../src/apply/prepare.ts';
import { replace } from '../../src/apply/replace.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { applyMigration } from '../../src/flows/apply-migration.ts';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { seededRandom } from '../merge/text/random.ts';
import { plainNode } from '../property/attributes.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import type { BusyTrees } from './busy-trees.ts';
import { intercept, methodOf } from './interruption.ts';
import { Sandbox, system } from './sandbox.ts';

function file(content: string): TreeNode {
  return plainNode(seededRandom(1), 'file', content);
}

function directory(children: Readonly<Record<string, TreeNode>>): TreeNode {
  const node = plainNode(seededRandom(2), 'directory', '');
  for (const [name, child] of Object.entries(children)) node.children.set(name, child);
  return node;
}

/** A directory that is new here, one that the image has too, and one where the image has a file. */
function trees(): BusyTrees {
  const added = (): TreeNode => directory({ a: file('a'), deep: directory({ b: file('b'), empty: directory({}) }) });
  return {
    base: directory({ clash: file('old') }),
    ours: directory({ added: added(), both: directory({ mine: file('mine'), more: added() }), clash: added() }),
    theirs: directory({ both: directory({ its: file('its') }), clash: file('new') }),
  };
}

/** Runs, and returns what was renamed to its place below the root, leaving out records and what the run works with. */
function arrivals(sandbox: Sandbox): string[] {
  return sandbox.using((roots) => {
    const arrived: string[] = [];
    const rename = methodOf(roots.theirs, 'rename');
    intercept(roots.theirs, 'rename', (args) => {
      const [from, to] = args.map(String);
      if (from?.includes('/staged/') === true && to !== undefined) arrived.push(to);
      return rename(args);
    });
    assert.equal(applyMigration(system, roots, sandbox.request()).status, 'done');
    return arrived;
  });
}

test('a directory that the result lacks arrives with all that is in it, by one rename', () =>
  withFilesystem('tmpfs', (mountpoint) => {
    const sandbox = new Sandbox(mountpoint, trees());
    sandbox.renew();
    assert.deepEqual(arrivals(sandbox), ['/added', '/both/mine', '/both/more', '/clash']);
    const result = sandbox.read();
    const { both, added, clash } = Object.fromEntries(result.children);
    assert.ok(both !== undefined && added !== undefined && clash !== undefined);
    assert.deepEqual([...both.children.keys()].sort(), ['its', 'mine', 'more']);
    for (const arrived of [added, clash, both.children.get('more')]) {
      const expected = trees().ours.children.get('added');
      assert.ok(arrived !== undefined && expected !== undefined);
      assert.deepEqual(describeDifferences(arrived, expected, new Set()), []);
    }
  }));

test('a directory that the result has after all keeps what is in it, and what comes to it arrives piece by piece', () =>
  withFilesystem('tmpfs', (mountpoint) => {
    const [from, to] = [join(mountpoint, 'ours'), join(mountpoint, 'new')];
    for (const side of [from, to]) mkdirSync(join(side, 'both'), { recursive: true });
    writeFileSync(join(from, 'both', 'mine'), 'mine');
    writeFileSync(join(to, 'both', 'its'), 'its');
    const [ours, result] = [openRoot(from), openRoot(to)];
    try {
      const plan = planOf(ours);
      const record = { version: null, ours: new Map(), delivered: new Map() };
      prepare(plan, { ours, result, record, blobs: new Map(), onBytes: () => undefined });
      replace(plan, result, { vanished: [], derive: () => ({ notes: [], places: [], remade: () => false }) });
      assert.deepEqual(result.list('/both'), ['its', 'mine']);
    } finally {
      for (const files of [ours, result]) files.close();
    }
  }));

/** Brings a directory and a file in it. */
function planOf(ours: Files): Plan {
  const attributes = { mode: 0o755, uid: 0, gid: 0, xattrs: [], flags: 0, mtime: { seconds: 1, nanoseconds: 0 } };
  const [root, size] = ['system', ours.status('/both/mine')?.size ?? 0];
  return {
    schema: 'migrate.plan/1',
    roots: [],
    decisions: [],
    actions: [
      { kind: 'directory', root, path: '/both', attributes },
      { kind: 'file', root, path: '/both/mine', content: { from: 'ours', size }, attributes },
    ],
    items: [],
    summary: { decisions: {}, items: {}, bytes: size, actions: 2 },
    digest: '0'.repeat(64),
  };
}
