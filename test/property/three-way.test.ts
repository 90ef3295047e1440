import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Plan } from '../../src/domain/plan.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { runSeed } from './run-seed.ts';

/** `MIGRATE_SEEDS=n` runs seeds 1 to n, `MIGRATE_SEED=k` only that one. */
const seeds = seedsToRun(process.env['MIGRATE_SEEDS'], process.env['MIGRATE_SEED']);
/** A filesystem fills up with trees; each serves for so many. */
const seedsPerFilesystem = 100;
/** All but those that only a policy or a person can cause. */
const everyKind: readonly string[] = [
  ...['ours', 'merged', 'deleted', 'equal', 'not-carried', 'parent', 'hidden'],
  ...['remove', 'directory', 'file', 'link', 'symlink', 'node', 'attributes'],
  ...['content of ours', 'content of theirs', 'content of blob'],
];

test(`cases 1 to 42: on ${seeds.length} random triples the result is what an independent oracle says`, async () => {
  const failed: string[] = [];
  const met = new Set<string>();
  for (let first = 0; first < seeds.length; first += seedsPerFilesystem) {
    const some = seeds.slice(first, first + seedsPerFilesystem);
    await withFilesystem('ext4', async (mountpoint) => {
      for (const seed of some) failed.push(...(await failureOf(seed, mountpoint, met)));
    });
  }
  assert.equal(
    failed.length,
    0,
    `${failed.length} of ${seeds.length} seeds failed:\n${failed.slice(0, 20).join('\n')}`,
  );
  const missing = everyKind.filter((kind) => !met.has(kind));
  if (seeds.length >= 100) assert.deepEqual(missing, [], 'the seeds meet every kind of decision and action');
});

async function failureOf(seed: number, mountpoint: string, met: Set<string>): Promise<string[]> {
  try {
    const plan = await runSeed(seed, join(mountpoint, `seed-${seed}`));
    for (const kind of kindsIn(plan)) met.add(kind);
    return [];
  } catch (error) {
    const what = error instanceof Error ? `${error.message.split('\n')[0]}${listOf(error)}` : String(error);
    return [`MIGRATE_SEED=${seed}: ${what}`];
  }
}

function kindsIn({ decisions, actions }: Plan): string[] {
  const contents = actions.flatMap((action) => (action.kind === 'file' ? [`content of ${action.content.from}`] : []));
  return [...decisions.map(({ decision }) => decision), ...actions.map(({ kind }) => kind), ...contents];
}

/** What an assertion found where nothing should be. */
function listOf(error: Error): string {
  if (error instanceof assert.AssertionError && Array.isArray(error.actual)) {
    return `\n  ${error.actual
      .slice(0, 20)
      .map((one) => (typeof one === 'string' ? one : JSON.stringify(one)))
      .join('\n  ')}`;
  }
  return `\n${error.stack ?? ''}`;
}

function seedsToRun(count: string | undefined, one: string | undefined): number[] {
  if (one !== undefined) return [wholeNumber(one)];
  return Array.from({ length: wholeNumber(count ?? '200') }, (_, index) => index + 1);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new RangeError(`not a number of seeds: ${text}`);
  return number;
}
