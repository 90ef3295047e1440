import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { noChoices } from '../../src/domain/choices.ts';
import { parentOf, type RootPath } from '../../src/domain/path.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { applyMigration } from '../../src/flows/apply-migration.ts';
import { planMigration, withTrees } from '../../src/flows/plan-migration.ts';
import { foreseenRoot } from '../../src/flows/staging/foreseen-root.ts';
import { realSystem } from '../../src/system/real-system.ts';
import type { Trees } from '../../src/tree/compare-trees.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';
import { contentsOf } from './contents-of.ts';
import { describeDifferences } from './describe-differences.ts';
import { editedCopy, loosenLink, rebuild } from './edit-tree.ts';
import { generateTree, type Outside } from './generate-tree.ts';
import { type Expected, expectedResult } from './oracle.ts';
import { readTree } from './read-tree.ts';
import { nodeAt, type TreeNode } from './tree-node.ts';
import { timesBelow } from './untouched.ts';
import { makeSockets, writeTree } from './write-tree.ts';

const system = realSystem(['/bin/false']);

/** Makes the three trees of a seed in an empty directory, migrates, and checks all that must hold. Throws what does not; returns the plan. */
export async function runSeed(seed: number, directory: string): Promise<Plan> {
  const specs = makeSpecs(seededRandom(seed), directory);
  await writeAll(directory, specs);
  const request = {
    base: join(directory, 'base'),
    old: join(directory, 'ours'),
    new: join(directory, 'theirs'),
    policyFiles: [{ name: 'all.policy', text: 'default persist\n' }],
    choices: noChoices,
    onProgress: () => undefined,
    unattended: true,
  };
  const plan = withTrees(system, request, (trees) => checkMigration(trees, request, specs, directory));
  withTrees(system, request, (trees) => checkFixedPoint(trees, request));
  return plan;
}

type Request = Parameters<typeof applyMigration>[2];

function checkMigration(trees: Trees, request: Request, specs: Specs, directory: string): Plan {
  const read = { base: readTree(trees.base), ours: readTree(trees.ours), theirs: readTree(trees.theirs) };
  for (const side of ['base', 'ours', 'theirs'] as const) sameTrees(read[side], specs[side], `${side} is as generated`);
  const expected = expectedResult(read.base, read.ours, read.theirs);
  const before = timesOutside(directory);
  const { plan, blobs } = planMigration(system, trees, request);
  const foreseen = contentsOf(foreseenRoot({ ...plan, blobs }, trees));
  assert.equal(planMigration(system, trees, request).plan.digest, plan.digest, 'equal inputs give an equal plan');
  checkPlan(plan, expected);
  assert.equal(applyMigration(system, trees, request).status, 'done');
  checkResult(trees, plan, expected);
  assert.deepEqual(contentsOf(trees.theirs), foreseen, 'the result holds what was foreseen');
  assert.deepEqual(timesOutside(directory), before, 'nothing but the result is touched');
  return plan;
}

type Specs = { readonly base: TreeNode; readonly ours: TreeNode; readonly theirs: TreeNode };

function makeSpecs(random: Random, directory: string): Specs {
  const outside: Outside = {
    absolute: join(directory, 'beside'),
    relative: `${'../'.repeat(1 + random.below(3))}beside`,
  };
  const base = generateTree(random, outside);
  const hot = Array.from({ length: 5 }, () => random.below(40));
  const shared = editedCopy(random, base, outside, hot, random.chance(0.5) ? random.below(4) : 0);
  const ours = editedCopy(random, shared, outside, hot, 1 + random.below(14));
  const theirs = editedCopy(random, shared, outside, hot, random.below(14));
  if (random.chance(0.5)) rebuild(random, theirs);
  if (random.chance(0.3)) loosenLink(random, ours, theirs);
  return { base, ours, theirs };
}

/** The trees, and beside them a copy of base that links lead to. */
async function writeAll(directory: string, specs: Specs): Promise<void> {
  const trees = [...Object.entries(specs), ['beside', specs.base]] as const;
  mkdirSync(directory);
  const sockets = await makeSockets(
    directory,
    trees.map(([, tree]) => tree),
  );
  for (const [name, tree] of trees) {
    mkdirSync(join(directory, name));
    const files = system.openRoot(join(directory, name));
    try {
      writeTree(files, tree, sockets);
    } finally {
      files.close();
    }
  }
}

function timesOutside(directory: string): string[] {
  return ['base', 'ours', 'beside'].flatMap((name) => timesBelow(Buffer.from(join(directory, name), 'latin1')));
}

function checkPlan(plan: Plan, { changed, noteworthy }: Expected): void {
  const decided = plan.decisions.map(({ path }) => path);
  assert.equal(new Set(decided).size, decided.length, 'no path is decided twice');
  const changes = plan.decisions.filter(({ change }) => change !== 'none').map(({ path }) => path);
  assert.deepEqual(changes.sort(), [...changed].sort(), 'every change is decided');
  const parents = new Set(plan.actions.map(({ path }) => parentOf(path)));
  const known = new Set(decided);
  const strays = plan.actions.filter(
    ({ path, kind }) => !known.has(path) && !(kind === 'attributes' && parents.has(path)),
  );
  assert.deepEqual(strays, [], 'every action has a decision, or gives a directory its own attributes back');
  const mentioned = new Set(plan.items.flatMap(({ paths }) => paths));
  assert.deepEqual(
    [...noteworthy].filter((path) => !mentioned.has(path)),
    [],
    'an item speaks of every clash',
  );
}

function checkResult({ theirs }: Trees, plan: Plan, { tree }: Expected): void {
  const actual = readTree(theirs);
  const timeless = takeStateAway(actual, tree);
  // Its own time is kept where the plan knows of it; the run's folder comes and goes in it.
  if (!plan.actions.some(({ path, kind }) => path === '/' && kind === 'attributes')) timeless.add('/');
  const differences = describeDifferences(actual, tree, timeless);
  assert.deepEqual(differences, [], 'the result is as the design says');
}

/** A plan on the result finds nothing left to do, and applying it changes nothing. */
function checkFixedPoint(trees: Trees, request: Request): void {
  const state = Buffer.from(`${trees.theirs.root}/var/lib/migrate`, 'latin1');
  rmSync(state, { recursive: true });
  const before = readTree(trees.theirs);
  const { plan } = planMigration(system, trees, request);
  assert.deepEqual(plan.actions, [], 'a plan on the result finds nothing left to do');
  assert.equal(applyMigration(system, trees, request).status, 'done');
  const after = readTree(trees.theirs);
  const timeless = takeStateAway(after, before);
  assert.deepEqual(describeDifferences(after, before, timeless.add('/')), [], 'migrating again changes nothing');
}

/** Removes the record of the migration from a tree; returns the directories whose time it has touched. */
function takeStateAway(actual: TreeNode, expected: TreeNode): Set<RootPath> {
  const lib = nodeAt(actual, '/var/lib');
  assert.equal(lib?.children.delete('migrate'), true, 'the result has a record of its migration');
  if (nodeAt(expected, '/var/lib') !== undefined) return new Set(['/var/lib']);
  actual.children.delete('var');
  return new Set(['/']);
}

function sameTrees(actual: TreeNode, expected: TreeNode, message: string): void {
  assert.deepEqual(describeDifferences(actual, expected, new Set()), [], message);
}
