import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { seededRandom } from '../../merge/text/random.ts';
import { generateTree } from '../../property/generate-tree.ts';
import { makeSockets, writeTree } from '../../property/write-tree.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { assertSameFindings, candidatesOf, everything, system, withRoots } from './compare-ways.ts';
import { type EditName, editInPlace, edits, makeSubvolume } from './edit-in-place.ts';

/** `MIGRATE_SEEDS=n` runs seeds 1 to n, `MIGRATE_SEED=k` only that one. */
const one = process.env['MIGRATE_SEED'];
const count = Number(process.env['MIGRATE_SEEDS'] ?? '40');
const seeds = one === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(one)];
const seedsPerFilesystem = 50;

test(`on ${seeds.length} random btrfs snapshots the stream's candidates hold all that a full comparison finds`, async () => {
  const failed: string[] = [];
  const made = new Set<EditName>();
  for (let first = 0; first < seeds.length; first += seedsPerFilesystem) {
    const some = seeds.slice(first, first + seedsPerFilesystem);
    await withFilesystem('btrfs', async (mountpoint) => {
      for (const seed of some) failed.push(...(await failureOf(seed, mountpoint, made)));
    });
  }
  assert.equal(failed.length, 0, `${failed.length} of ${seeds.length} failed:\n${failed.slice(0, 5).join('\n')}`);
  const missing = Object.keys(edits).filter((name) => ![...made].some((one) => one === name));
  if (seeds.length >= 40) assert.deepEqual(missing, [], 'every kind of edit was made');
});

async function failureOf(seed: number, mountpoint: string, made: Set<EditName>): Promise<string[]> {
  try {
    for (const edit of await runSeed(seed, mountpoint)) made.add(edit);
    return [];
  } catch (error) {
    return [`MIGRATE_SEED=${seed}: ${error instanceof Error ? error.stack : error}`];
  }
}

async function runSeed(seed: number, mountpoint: string): Promise<EditName[]> {
  const random = seededRandom(seed);
  const at = (name: string): string => join(mountpoint, `${name}-${seed}`);
  btrfs('subvolume', 'create', at('image'));
  const tree = generateTree(random, { absolute: '/outside', relative: '../outside' });
  const sockets = await makeSockets(at('image'), [tree]);
  const files = system.openRoot(at('image'));
  try {
    writeTree(files, tree, sockets);
    if (random.chance(0.4)) makeSubvolume(files, '/', 'subvolume-in-image');
  } finally {
    files.close();
  }
  const before = editInPlace(random, at('image'), random.below(6));
  btrfs('subvolume', 'snapshot', at('image'), at('base'));
  const inBase = random.chance(0.3) ? editInPlace(random, at('base'), random.below(5)) : [];
  btrfs('property', 'set', '-ts', at('base'), 'ro', 'true');
  // Ours descends from base, directly or not, or base from ours.
  const ours = random.pick(['ours', 'ours', 'ours', 'late', 'image']);
  if (ours !== 'image') btrfs('subvolume', 'snapshot', at('base'), at('ours'));
  const early = editInPlace(random, at(ours === 'image' ? 'image' : 'ours'), random.below(12));
  if (ours === 'late') btrfs('subvolume', 'snapshot', at('ours'), at('late'));
  const late = editInPlace(random, at(ours), 1 + random.below(12));
  const ignored = random.below(4);
  const isIgnored = (path: string): boolean => path.length % 4 === ignored;
  withRoots([at('base'), at(ours)], (roots) => {
    const candidates = candidatesOf(roots);
    assert.ok(candidates !== null, 'btrfs knows what was changed');
    assertSameFindings(roots, candidates, { ...everything, isIgnored });
  });
  return [...before, ...inBase, ...early, ...late];
}

function btrfs(...args: string[]): void {
  execFileSync('btrfs', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
