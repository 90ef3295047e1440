import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { TreeNode } from '../property/tree-node.ts';
import { bundledProgram } from './bundled-program.ts';
import { changesAmong, type Ended, Lane } from './lane.ts';
import { spread } from './sample.ts';
import type { SystemCall } from './system-calls.ts';

// Images in memory: it is the kernel's answer that fails, not the disk.
process.env['TMPDIR'] = '/dev/shm';

/** `MIGRATE_REFUSALS` says how many calls of each kind are refused, with each error; else one is, with one of them. */
const wanted = process.env['MIGRATE_REFUSALS'];
const count = Number(wanted ?? '1');
const errors = ['ENOSPC', 'EIO', 'EROFS'] as const;
const directory = mkdtempSync('/dev/shm/migrate-refused-');
let program = '';
before(async () => {
  program = await bundledProgram(join(directory, 'program'));
});
after(() => rmSync(directory, { recursive: true }));

type Refusal = { readonly call: SystemCall; readonly error: string };

test('case 64: whichever change is refused, the failure names the path, and the next run ends in the same tree', () =>
  Lane.on('ext4', program, async (lane) => {
    const { calls, expected } = await uninterrupted(lane);
    const changes = spread(changesAmong(calls), count);
    const refusals = changes.flatMap((call, index) =>
      errors.filter((_, at) => wanted !== undefined || at === index % errors.length).map((error) => ({ call, error })),
    );
    await refuseAll(lane, refusals, expected, [1]);
  }));

test('case 8: whichever look at a tree fails, nothing is decided without it, and the next run ends in the same tree', () =>
  Lane.on('ext4', program, async (lane) => {
    const { calls, expected } = await uninterrupted(lane);
    const kinds = /^(openat|statx|pread64|getdents64|readlinkat|flistxattr|fgetxattr|llistxattr|lgetxattr|ioctl)\(/;
    const looks = calls.flatMap((call) => {
      const looksAt = ['base', 'ours', 'new'].find((tree) => call.text.includes(`/mnt/${tree}`));
      // Where no directory could be opened, one byte is asked for to tell a link from the rest: both mean that none is there.
      const other = call.failed || call.text.includes('O_CREAT') || /^readlinkat.*, 1$/.test(call.text);
      const kind = other ? null : kinds.exec(call.text)?.[1];
      return kind == null || looksAt === undefined ? [] : [{ ...call, kind: `${kind} of ${looksAt}` }];
    });
    const refusals = spread(looks, count).map((call) => ({ call, error: 'EIO' }));
    assert.ok(refusals.length >= 20, `${refusals.length} kinds of looks`);
    await refuseAll(lane, refusals, expected, [1, 2, 3]);
  }));

async function uninterrupted(lane: Lane): Promise<{ readonly calls: SystemCall[]; readonly expected: TreeNode }> {
  lane.sandbox.renew();
  return { calls: await lane.callsOfRun(), expected: lane.sandbox.read() };
}

/** Has each call refused in a run of its own, and says for which the run or the one after it did not do as promised. */
async function refuseAll(
  lane: Lane,
  refusals: readonly Refusal[],
  expected: TreeNode,
  exitCodes: readonly number[],
): Promise<void> {
  const failures: string[] = [];
  for (const { call, error } of refusals) {
    const refused = await lane.runRefused(call, error);
    const state = lane.sandbox.state();
    const again = await lane.run();
    const problems = [
      ...problemsOf(refused, lane.sandbox.directory, exitCodes),
      ...(again.exitCode === 0 ? [] : [`run again: ${again.stderr}`]),
      ...lane.differences(expected, state === 'begun'),
    ];
    failures.push(...problems.map((problem) => `${error} of ${call.text} (${state}): ${problem}`));
  }
  assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${refusals.length}`);
  assert.ok(lane.isOldUntouched());
}

function problemsOf({ exitCode, stderr }: Ended, mountpoint: string, exitCodes: readonly number[]): string[] {
  if (exitCode === null || !exitCodes.includes(exitCode)) return [`exit code ${exitCode}: ${stderr}`];
  if (exitCode === 1 && !stderr.startsWith('migrate: Cannot ')) return [`no sentence: ${stderr}`];
  return exitCode === 1 && !stderr.includes(mountpoint) ? [`no path: ${stderr}`] : [];
}
