import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import type { Place } from '../../src/domain/volume.ts';
import type { Backend } from '../../src/storage/backend.ts';
import { walkCandidates } from '../../src/tree/walk-candidates.ts';
import { walkChanges } from '../../src/tree/walk-changes.ts';
import { seededRandom } from '../merge/text/random.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import { generateTree } from '../property/generate-tree.ts';
import { readTree } from '../property/read-tree.ts';
import { type NodeType, placesOf, type TreeNode } from '../property/tree-node.ts';
import { makeSockets, writeTree } from '../property/write-tree.ts';
import type { FilesystemKind } from '../system/loop-filesystem.ts';
import { assertSameFindings, everything } from './btrfs/compare-ways.ts';
import { type EditName, editInPlace, edits } from './btrfs/edit-in-place.ts';
import { branch, contentOf, type Store, system, type TestedKind, tag, using, withStore } from './objects.ts';

/** What a kind of storage cannot do, which its trees and edits go without. */
export type Limits = {
  /** Types of nodes that cannot be content. */
  readonly types: readonly NodeType[];
  /** Edits that it, or a filesystem below it, refuses always. */
  readonly edits: readonly EditName[];
};

/** `MIGRATE_SEEDS=n` runs seeds 1 to n on each filesystem, `MIGRATE_SEED=k` only that one. */
const one = process.env['MIGRATE_SEED'];
const count = Number(process.env['MIGRATE_SEEDS'] ?? '40');
const seeds = one === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(one)];

/** What holds on random trees. */
export function testRandomTrees(kind: TestedKind, filesystems: readonly FilesystemKind[], limits: Limits): void {
  for (const filesystem of filesystems) {
    const on = `${kind.name} on ${filesystem}`;
    test(`${on}: ${seeds.length} random trees are kept in every property, and what changed in them is found`, async () => {
      const made = new Set<EditName>();
      const failed: string[] = [];
      let found = 0;
      await withStore(kind, filesystem, async (store) => {
        for (const seed of seeds) {
          try {
            found += await runSeed(store, seed, limits, made);
          } catch (error) {
            failed.push(`MIGRATE_SEED=${seed}: ${error instanceof Error ? error.stack : error}`);
          }
        }
      });
      assert.equal(failed.length, 0, `${failed.length} of ${seeds.length} failed:\n${failed.slice(0, 5).join('\n')}`);
      assert.ok(found >= seeds.length, `${found} changes were found`);
      const missing = Object.keys(edits).filter((name) => ![...made, ...limits.edits].some((made) => made === name));
      if (seeds.length >= 40) assert.deepEqual(missing, [], 'every kind of edit was made');
    });
  }
}

/** Returns how many changes there were. */
async function runSeed(store: Store, seed: number, limits: Limits, made: Set<EditName>): Promise<number> {
  const { backend } = store;
  const random = seededRandom(seed);
  let isNested = false;
  const at = (name: string): string => `${seed}-${name}`;
  const [image, ours, late] = [branch(at('image')), branch(at('ours')), branch(at('late'))];
  const edit = (place: Place, most: number): void => {
    backend.withContent(place, { writable: true }, (directory) => {
      for (const name of editInPlace(random, directory, random.below(most))) {
        made.add(name);
        isNested ||= name === 'makeSubvolume';
      }
    });
  };
  // What lies in another subvolume is not held, and the places are not kept in every property.
  const freeze = (from: Place, to: Place): Place => takeTag(backend, from, to, isNested);
  await makeTree(
    backend,
    image,
    withoutTypes(generateTree(random, { absolute: '/outside', relative: '../outside' }), limits.types),
  );
  edit(image, 4);
  const tags = [freeze(image, tag(at('image')))];
  backend.snapshot(tags[0] ?? image, ours, '');
  edit(ours, 12);
  if (random.chance(0.5)) tags.push(freeze(ours, tag(at('early'))));
  edit(ours, 12);
  if (random.chance(0.3)) backend.snapshot(ours, late, '');
  else backend.snapshot(tags[0] ?? image, late, '');
  edit(late, 12);
  if (random.chance(0.5)) tags.push(freeze(late, tag(at('late'))));
  edit(late, 6);
  const base = random.pick(tags);
  return [ours, late, ...tags].map((other) => compare(backend, base, other)).reduce((sum, changes) => sum + changes, 0);
}

/** Writes a tree into a new branch and checks that it is there. */
async function makeTree(backend: Backend, place: Place, tree: TreeNode): Promise<void> {
  backend.create(place, '');
  await backend.withContent(place, { writable: true }, async (directory) => {
    const sockets = await makeSockets(directory, [tree]);
    // One for every name was made, also where two are of one socket.
    const distinct = new Set([...placesOf(tree)].map(({ node }) => node))
      .values()
      .filter(({ type }) => type === 'socket');
    for (const unused of sockets.splice([...distinct].length)) rmSync(unused);
    const files = system.openRoot(directory);
    try {
      writeTree(files, tree, sockets);
      assert.deepEqual(describeDifferences(readTree(files), tree, new Set()), [], 'as it was written');
    } finally {
      files.close();
    }
  });
  assert.deepEqual(
    describeDifferences(contentOf(backend, place), tree, new Set()),
    [],
    'as it was written, mounted anew',
  );
}

/** Takes a tag, and checks that it holds what the branch holds, as the branch does afterwards. */
function takeTag(backend: Backend, from: Place, to: Place, isUnchecked: boolean): Place {
  const before = isUnchecked ? null : contentOf(backend, from);
  backend.snapshot(from, to, '');
  for (const place of before === null ? [] : [from, to]) {
    const differences = before === null ? [] : describeDifferences(contentOf(backend, place), before, new Set());
    assert.deepEqual(differences, [], `${place.kind} ${place.name}`);
  }
  return to;
}

function compare(backend: Backend, base: Place, ours: Place): number {
  const candidates = backend.candidates(base, ours);
  const { nativeDiff } = backend.capabilities;
  assert.equal(candidates !== null, nativeDiff, `${base.name} and ${ours.name} share their lineage`);
  return using(backend, base, (first) =>
    backend.withContent(ours, { writable: false }, (directory) => {
      const second = system.openRoot(directory);
      try {
        const tree = { base: first, ours: second, others: [] };
        if (candidates === null) return walkChanges(first, second, everything).changes.length;
        assertSameFindings(tree, candidates);
        return walkCandidates(first, second, candidates, everything).changes.length;
      } finally {
        second.close();
      }
    }),
  );
}

function withoutTypes(tree: TreeNode, types: readonly NodeType[]): TreeNode {
  for (const { node } of [...placesOf(tree)]) {
    for (const [name, child] of node.children) if (types.includes(child.type)) node.children.delete(name);
  }
  return tree;
}
