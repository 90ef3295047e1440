import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { busyTrees } from '../apply/busy-trees.ts';
import { seededRandom } from '../merge/text/random.ts';
import type { DiskFilesystem } from './logged-disk.ts';
import { type Cut, cutsAt, type Found, findAfter, flushesIn } from './power-cut.ts';
import { type Recording, type RecordingOptions, record } from './recording.ts';
import { evenly } from './sample.ts';

/** `MIGRATE_CUTS=all` cuts the power at every flush, a number at so many. */
const wanted = process.env['MIGRATE_CUTS'] ?? '8';
const filesystems: readonly DiskFilesystem[] = ['ext4', 'btrfs', 'xfs'];

async function recording(
  kind: DiskFilesystem,
  options: RecordingOptions,
  use: (recording: Recording) => Promise<void>,
): Promise<void> {
  const directory = mkdtempSync('/dev/shm/migrate-power-');
  try {
    await use(await record(directory, kind, busyTrees(), options));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The call that makes a run a committed one. */
const afterCommit = /^rename \S+ \S+\/outcome\.json$/;

function problemsOf(found: readonly Found[]): string[] {
  return found.flatMap(({ problems }) => problems);
}

for (const kind of filesystems) {
  test(`case 65: a power cut at any flush of a migration on ${kind} leaves no result or all of it, and it is gone on with`, (t) =>
    recording(kind, { restless: false }, async (recorded) => {
      const flushes = flushesIn(recorded);
      const found = await findAfter(recorded, cutsAt(recorded, flushes, seededRandom(65)));
      assert.deepEqual(problemsOf(found), []);
      const states = Map.groupBy(found, ({ state }) => state);
      t.diagnostic([...states].map(([state, { length }]) => `${length} ${state}`).join(', '));
      assert.deepEqual(
        ['begun', 'prepared', 'committed'].filter((state) => !states.has(state)),
        [],
      );
    }));

  test(`case 65: a power cut on ${kind} whose journal is committed after every change loses nothing that was flushed`, () =>
    recording(kind, { restless: true }, async (recorded) => {
      const flushes = flushesIn(recorded);
      const points = wanted === 'all' ? flushes : evenly(flushes, Number(wanted));
      const found = await findAfter(recorded, cutsAt(recorded, points, seededRandom(66)));
      assert.deepEqual(problemsOf(found), []);
    }));

  test(`case 65: what is done on ${kind} when it says so survives a power cut right then`, () =>
    recording(kind, { restless: false }, async (recorded) => {
      const [found] = await findAfter(recorded, [flushedWhenDone(recorded)]);
      assert.deepEqual(found, { state: 'committed', problems: [], unfinished: false });
    }));
}

test('case 65: what is already done when it says so survives a power cut right then', () =>
  recording('ext4', { restless: false, killedAfter: afterCommit }, async (recorded) => {
    const [found] = await findAfter(recorded, [flushedWhenDone(recorded)]);
    assert.deepEqual(found, { state: 'committed', problems: [], unfinished: false });
  }));

/** Everything that was durable when the migration said that it was done, and nothing else. */
function flushedWhenDone(recorded: Recording): Cut {
  const after = flushesIn(recorded).findLast((flush) => flush <= recorded.doneAt) ?? 0;
  return { entries: [], after, name: 'when done' };
}

/** Synchronizations without which something would be lost, by the call that they follow. */
const needed = [
  { name: 'of the record of what is prepared', after: /^create \S+\/prepared\.json\.new / },
  { name: 'of the record of the commit', after: /^create \S+\/outcome\.json\.new / },
] as const;

for (const { name, after } of needed) {
  test(`case 65: with the synchronization ${name} taken out, a power cut leaves what cannot be gone on with`, () =>
    recording('ext4', { restless: true, withoutSyncAfter: after }, async (recorded) => {
      const { leftOutAt } = recorded;
      assert.ok(leftOutAt !== null);
      const points = flushesIn(recorded).filter((flush) => flush > leftOutAt);
      const found = await findAfter(recorded, cutsAt(recorded, points.slice(0, 6), seededRandom(67)));
      assert.match(problemsOf(found).join('\n'), /Cannot read the record/);
    }));
}

test('case 65: with the synchronizations after the commit taken out, a power cut takes back what was said to be done', () =>
  recording(
    'ext4',
    { restless: false, withoutSyncAfter: new RegExp(`${afterCommit.source}|/retired$`) },
    async (recorded) => {
      const [found] = await findAfter(recorded, [flushedWhenDone(recorded)]);
      assert.equal(found?.state, 'prepared');
      assert.deepEqual(found?.problems, []);
    },
  ));
