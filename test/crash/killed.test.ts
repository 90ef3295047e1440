import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TreeNode } from '../property/tree-node.ts';
import { bundledProgram } from './bundled-program.ts';
import { type Change, changesAmong, Lane } from './lane.ts';
import { evenly, spread } from './sample.ts';

// Images in memory: a killed process leaves what the kernel has, whatever a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** `MIGRATE_KILLS=all` kills at every system call that changes something; else at some of each kind. */
const every = process.env['MIGRATE_KILLS'] === 'all';
/** The first and the last of each kind on one filesystem, one between on another, that shares extents. */
const samples = { ext4: 2, btrfs: 1 } as const;
const directory = mkdtempSync('/dev/shm/migrate-killed-');
let program = '';
before(async () => {
  program = await bundledProgram(join(directory, 'program'));
});
after(() => rmSync(directory, { recursive: true }));

/** The run that nobody cut off: what it changed, and its result. */
async function uninterrupted(lane: Lane): Promise<{ readonly changes: Change[]; readonly expected: TreeNode }> {
  lane.sandbox.renew();
  const changes = changesAmong(await lane.callsOfRun());
  return { changes, expected: lane.sandbox.read() };
}

/** Cuts a run off at each of the calls in turn, runs again, and says what is not as it should be. */
async function failuresAt(lane: Lane, cuts: readonly (readonly Change[])[], expected: TreeNode): Promise<string[]> {
  const failures: string[] = [];
  for (const cut of cuts) {
    const states = await lane.cutOffAt(cut);
    const { exitCode, stderr } = await lane.run();
    const differences = lane.differences(expected, states.includes('begun'));
    const name = `killed at ${cut.map(({ text }) => text).join(' and at ')} (${states.join(', ')})`;
    if (exitCode !== 0) failures.push(`${name}: ${stderr}`);
    else if (differences.length > 0) failures.push(`${name}: ${differences.join('; ')}`);
  }
  return failures;
}

/** Runs the body on two filesystems at once. */
async function onEach(body: (lane: Lane, kind: keyof typeof samples) => Promise<void>): Promise<void> {
  const lanes = (['ext4', 'btrfs'] as const).map((kind) => Lane.on(kind, program, (lane) => body(lane, kind)));
  await Promise.all(lanes);
}

test('case 65: killed by the kernel at any call that changes the tree and run again, it ends in the same tree', (t) =>
  onEach(async (lane, kind) => {
    const { changes, expected } = await uninterrupted(lane);
    const cuts = (every ? changes : spread(changes, samples[kind])).map((call) => [call]);
    const counts = [...Map.groupBy(changes, (change) => change.kind)].map(([name, { length }]) => `${name} ${length}`);
    t.diagnostic(`${kind}: killed at ${cuts.length} of ${changes.length}: ${counts.join(', ')}`);
    const failures = await failuresAt(lane, cuts, expected);
    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${cuts.length}`);
    assert.ok(lane.isOldUntouched());
  }));

test('case 65: killed once more while it goes on, it ends in the same tree the third time', () =>
  onEach(async (lane) => {
    const { changes, expected } = await uninterrupted(lane);
    const cuts: Change[][] = [];
    for (const first of evenly(changes, every ? 6 : 2)) {
      await lane.cutOffAt([first]);
      const again = changesAmong(await lane.callsOfRun());
      cuts.push(...evenly(again, every ? 20 : 3).map((second) => [first, second]));
    }
    const failures = await failuresAt(lane, cuts, expected);
    assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${cuts.length}`);
  }));

test('case 65: with the replay taken out, a run that was killed while it replaced ends in another tree, or fails', async () => {
  const patched = await bundledProgram(join(directory, 'without-replay'), [
    {
      file: 'flows/apply-migration.ts',
      text: "if (found.state === 'begun') {",
      replacement: "if (found.state === 'begun' || found.state === 'prepared') {",
    },
  ]);
  await Lane.on('ext4', patched, async (lane) => {
    const { changes, expected } = await uninterrupted(lane);
    const cuts = evenly(changes.filter(isReplacing), 4).map((call) => [call]);
    const failures = await failuresAt(lane, cuts, expected);
    assert.equal(failures.length, cuts.length, failures.join('\n'));
  });
});

/** Moves something prepared to its place, past the first of them. */
function isReplacing({ name, text }: Change, index: number): boolean {
  return name === 'renameat' && text.includes('/staged>') && index > 0;
}
