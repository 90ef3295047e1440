import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../merge/text/random.ts';
import { generateTree } from '../property/generate-tree.ts';
import { placesOf, type TreeNode } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { sampleTree } from './sample-tree.ts';
import { assertUnpacksTo, makeTree, treeAt } from './unpacking.ts';

const gnu = ['tar', '--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner'] as const;

const own = ['user.*', 'trusted.*', 'security.*'].map((names) => `--xattrs-include=${names}`);

/** Programs that make archives which keep everything. */
const whole: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'GNU tar': [...gnu],
  'GNU tar, packed by gzip': [...gnu, '--gzip'],
  'GNU tar, packed by xz': [...gnu, '--xz'],
  'GNU tar, packed by zstd': [...gnu, '--zstd'],
  'GNU tar, sparse files 0.0': [...gnu, '--sparse', '--sparse-version=0.0'],
  'GNU tar, sparse files 0.1': [...gnu, '--sparse', '--sparse-version=0.1'],
  'GNU tar, sparse files 1.0': [...gnu, '--sparse', '--sparse-version=1.0'],
  'GNU tar, access lists as text with names alone': ['tar', '--xattrs', ...own, '--acls', '--sparse'],
  bsdtar: ['bsdtar', '--xattrs', '--acls', '--numeric-owner', '--format=pax'],
};

for (const [name, command] of Object.entries(whole)) {
  test(`cases 7, 34, 37, 39, 40: an archive of ${name} comes to the tree that it was made from`, async () => {
    await withFilesystem('ext4', async (place) => {
      const tree = sampleTree();
      if (name === 'bsdtar') for (const { node } of placesOf(tree)) withoutOldFraction(node);
      const source = makeTree(join(place, 'source'), tree);
      const archive = pack(command, source, join(place, 'image'));
      const keepsHoles = command.includes('--sparse') || name === 'bsdtar';
      const expected = keepsHoles ? treeAt(source) : withoutHoles(treeAt(source));
      const { digest, facts, entries } = await assertUnpacksTo(archive, place, expected);
      assert.equal(digest, `sha256:${createHash('sha256').update(readFileSync(archive)).digest('hex')}`);
      assert.equal(facts.imageId, 'sample-server');
      assert.equal(entries, [...placesOf(expected)].length);
    });
  });
}

test('case 7: archives in formats that keep less come to that much: GNU with sparse files, ustar, the oldest', async () => {
  await withFilesystem('ext4', async (place) => {
    const source = makeTree(join(place, 'source'), limited(sampleTree(), { longest: 255, keeps: () => true }));
    const old = makeTree(join(place, 'old'), limited(sampleTree(), { longest: 60, keeps: isOld }));
    const plain = ({ type }: TreeNode): boolean => type === 'file' || type === 'directory';
    const oldest = makeTree(
      join(place, 'oldest'),
      limited(sampleTree(), { longest: 60, keeps: (node) => isOld(node) && plain(node) }),
    );
    const archives = [
      [pack(['tar', '--format=gnu', '--sparse'], source, join(place, 'gnu.tar')), treeAt(source)],
      [pack(['tar', '--format=ustar'], old, join(place, 'ustar.tar')), withoutHoles(treeAt(old))],
      [pack(['tar', '--format=v7'], oldest, join(place, 'v7.tar')), withoutHoles(treeAt(oldest))],
    ] as const;
    for (const [archive, expected] of archives) {
      const into = `${archive}.place`;
      mkdirSync(into);
      await assertUnpacksTo(archive, into, expected);
    }
  });
});

for (const seed of [1, 2, 3]) {
  test(`cases 7, 37: what GNU tar and bsdtar make of random trees comes to them, seed ${seed}`, async () => {
    await withFilesystem('ext4', async (place) => {
      const random = seededRandom(seed);
      for (let round = 0; round < 8; round++) {
        const tree = plain(generateTree(random, { absolute: '/nowhere', relative: '../nowhere' }));
        tree.children.set('usr', sampleTree().children.get('usr') ?? tree);
        const source = makeTree(join(place, `source-${round}`), tree);
        const expected = treeAt(source);
        for (const name of ['GNU tar, sparse files 1.0', 'bsdtar']) {
          const into = join(place, `${round} ${name}`);
          mkdirSync(into);
          const archive = pack(whole[name] ?? ['false'], source, join(into, 'image'));
          await assertUnpacksTo(archive, into, expected);
        }
      }
    });
  });
}

function pack([program, ...args]: readonly [string, ...string[]], source: string, archive: string): string {
  execFileSync(program, ['--create', ...args, '--file', archive, '--directory', source, '.'], { stdio: 'pipe' });
  return archive;
}

function withoutHoles(tree: TreeNode): TreeNode {
  for (const { node } of placesOf(tree)) node.sparse = false;
  return tree;
}

type Limits = { readonly longest: number; readonly keeps: (node: TreeNode) => boolean };

/** Formats of before 2001 have whole seconds and no extended attributes. */
function limited(tree: TreeNode, { longest, keeps }: Limits): TreeNode {
  for (const { node } of placesOf(tree)) {
    node.mtime -= ((node.mtime % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
    node.xattrs.clear();
    for (const [name, child] of node.children) {
      if (name.length > longest || !keeps(child)) node.children.delete(name);
    }
  }
  return tree;
}

/** The numbers of ustar are of seven octal digits, and not below zero; GNU tar leaves out what does not fit. */
function isOld({ uid, content, mtime }: TreeNode): boolean {
  return uid < 2 ** 21 && content !== '259:70000' && mtime > 0n;
}

/**
 * What archives do not hold, which is sockets, marks of overlayfs, second names of fifos and devices, and flags; and what bsdtar 3.6 writes wrong: fractions of
 * seconds before 1970, and long names of sparse files that are no UTF-8.
 */
function plain(tree: TreeNode): TreeNode {
  const met = new Set<TreeNode>();
  for (const { node } of placesOf(tree)) {
    node.flags = 0;
    withoutOldFraction(node);
    for (const [name, child] of node.children) {
      const isSecond = met.has(child) && child.type !== 'file';
      if (isSecond || name.length > 100 || ['socket', 'whiteout'].includes(child.type)) node.children.delete(name);
      met.add(child);
    }
  }
  return tree;
}

function withoutOldFraction(node: TreeNode): void {
  if (node.mtime < 0n) node.mtime -= node.mtime % 1_000_000_000n;
}
