import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inodeFlags } from '../../src/domain/entry.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { placesOf, type TreeNode } from '../property/tree-node.ts';
import { makeSockets, writeTree } from '../property/write-tree.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { directory, node, sampleTree } from './sample-tree.ts';
import { assertRefused, assertUnpacksTo, makeTree, treeAt } from './unpacking.ts';

for (const kind of ['ext4', 'btrfs', 'xfs'] as const) {
  test(`cases 34, 37, 39, 40: a directory comes to a copy of itself on ${kind}: flags, holes and links too`, async () => {
    await withFilesystem(kind, async (place) => {
      const tree = sampleTree();
      const device = node('character', '5:1');
      tree.children.set('dev-1', device).set('dev-2', device);
      tree.children.set('locked', {
        ...directory({ file: { ...node('file', 'x'), flags: inodeFlags.immutable } }),
        flags: inodeFlags.appendOnly,
      });
      const source = makeTree(join(place, 'source'), tree);
      const { digest, suggestedTag } = await assertUnpacksTo(source, place, treeAt(source));
      assert.equal(digest, null);
      assert.equal(suggestedTag, 'sample-server-17');
      const locked = [source, join(place, 'into')].map((root) => join(root, 'locked'));
      execFileSync('chattr', ['-i', '-a', ...locked, ...locked.map((path) => join(path, 'file'))]);
    });
  });
}

test('sockets of a directory are left out and named', async () => {
  await withFilesystem('ext4', async (place) => {
    const tree = sampleTree();
    tree.children.set('run', directory({ socket: node('socket', '') }));
    const source = join(place, 'source');
    mkdirSync(source);
    const files = openRoot(source);
    writeTree(files, tree, await makeSockets(place, [tree]));
    files.close();
    const expected = treeAt(source);
    expected.children.get('run')?.children.delete('socket');
    const { leftOut } = await assertUnpacksTo(source, place, expected);
    assert.deepEqual(leftOut, ['/run/socket']);
  });
});

test('case 121: a directory with another filesystem mounted below it is refused by name', async () => {
  await withFilesystem('ext4', async (place) => {
    const source = makeTree(join(place, 'source'), sampleTree());
    mkdirSync(join(source, 'var/mounted'));
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(source, 'var/mounted')]);
    await assertRefused(source, place, 'image-unsafe', /another filesystem is mounted at \/var\/mounted/);
    await assertRefused(place, place, 'image-unsafe', /holds the place that it would be copied to/);
  });
});

test('cases 34, 37, 39, 40: a file with erofs comes to the tree that it was made from', async () => {
  await withFilesystem('ext4', async (place) => {
    const source = makeTree(join(place, 'source'), sampleTree());
    const image = join(place, 'image');
    execFileSync('mkfs.erofs', ['-zlz4hc', image, source], { stdio: 'pipe' });
    await assertUnpacksTo(image, place, withoutHoles(treeAt(source)));
    assert.doesNotMatch(readFileSync('/proc/mounts', 'utf8'), new RegExp(`${place}/scratch`));
  });
});

test('a file with squashfs comes to the tree that it was made from, but for what squashfs lacks', async () => {
  await withFilesystem('ext4', async (place) => {
    const tree = sampleTree();
    // It has no access lists, whole seconds from 1970 on, and holes of whole blocks of 128 KiB.
    for (const { node, path } of placesOf(tree)) {
      for (const name of [...node.xattrs.keys()]) if (name.startsWith('system.')) node.xattrs.delete(name);
      node.mtime = node.mtime < 0n ? 0n : node.mtime - (node.mtime % 1_000_000_000n);
      if (path === '/var/many-holes') node.sparse = false;
    }
    const source = makeTree(join(place, 'source'), tree);
    const image = join(place, 'image');
    execFileSync('mksquashfs', [source, image, '-quiet', '-no-progress', '-comp', 'xz'], { stdio: 'pipe' });
    await assertUnpacksTo(image, place, treeAt(source));
  });
});

test('a file with squashfs that is cut off or changed is refused, and nothing stays mounted', async () => {
  await withFilesystem('ext4', async (place) => {
    const source = makeTree(join(place, 'source'), sampleTree());
    const image = join(place, 'image');
    execFileSync('mksquashfs', [source, image, '-quiet', '-no-progress'], { stdio: 'pipe' });
    execFileSync('truncate', ['--size=8K', image]);
    await assertRefused(image, place, 'image-damaged', /mounted|made|read/);
    assert.doesNotMatch(readFileSync('/proc/mounts', 'utf8'), new RegExp(`${place}/scratch`));
    await assertRefused(image, place, 'image-mismatch', /its digest is sha256:/, {
      digest: `sha256:${'0'.repeat(64)}`,
    });
  });
});

function withoutHoles(tree: TreeNode): TreeNode {
  for (const { node } of placesOf(tree)) node.sparse = false;
  return tree;
}
