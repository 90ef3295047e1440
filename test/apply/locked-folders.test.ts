import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { seededRandom } from '../merge/text/random.ts';
import { plainNode } from '../property/attributes.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { Sandbox, system } from './sandbox.ts';

const immutable = 0x10;
const appendOnly = 0x20;

/** A tree with /etc/a, changed as told. */
function tree(content: string, change: (root: TreeNode) => void = () => undefined): TreeNode {
  const random = seededRandom(1);
  const root = plainNode(random, 'directory', '');
  const etc = plainNode(random, 'directory', '');
  etc.children.set('a', plainNode(random, 'file', content));
  root.children.set('etc', etc);
  change(root);
  return root;
}

function lockRoot(flags: number): (root: TreeNode) => void {
  return (root) => {
    root.flags = flags;
  };
}

function lockLib(root: TreeNode): void {
  const random = seededRandom(2);
  const [folder, lib] = [plainNode(random, 'directory', ''), plainNode(random, 'directory', '')];
  lib.flags = immutable;
  folder.children.set('lib', lib);
  root.children.set('var', folder);
}

const situations = [
  { name: 'the root that ours locked', ours: tree('b', lockRoot(immutable)), theirs: tree('a') },
  { name: "the image's immutable root", ours: tree('b'), theirs: tree('a', lockRoot(immutable)) },
  { name: "the image's append-only root", ours: tree('b'), theirs: tree('a', lockRoot(appendOnly)) },
  { name: '/var/lib that ours locked', ours: tree('b', lockLib), theirs: tree('a') },
] as const;

for (const { name, ours, theirs } of situations) {
  test(`the records are written in ${name}, which is locked again afterwards`, () =>
    withFilesystem('ext4', (mountpoint) => {
      const sandbox = new Sandbox(mountpoint, { base: tree('a'), ours, theirs });
      sandbox.renew();
      assert.equal(sandbox.apply().status, 'done');
      const flagsAfter = flagsOf(`${mountpoint}/new`);
      assert.equal(sandbox.apply().status, 'already-done');
      assert.deepEqual(flagsAfter, flagsOf(`${mountpoint}/new`));
      assert.ok(flagsAfter.some((flags) => flags === immutable || flags === appendOnly));
    }));
}

test('an image that ships something else under the name of the work folder is refused by name', () =>
  withFilesystem('ext4', (mountpoint) => {
    const theirs = tree('a', (root) => root.children.set('.migrate', plainNode(seededRandom(3), 'file', 'x')));
    const sandbox = new Sandbox(mountpoint, { base: tree('a'), ours: tree('b'), theirs });
    sandbox.renew();
    assert.throws(
      () => sandbox.apply(),
      (error) => error instanceof Failure && error.code === 'work-folder' && error.message.includes('/.migrate'),
    );
  }));

/** The inode flags of the root and of /var/lib. */
function flagsOf(directory: string): number[] {
  const files = system.openRoot(directory);
  try {
    return ['/', '/var/lib'].map((path) => files.entry(path)?.flags ?? 0);
  } finally {
    files.close();
  }
}
