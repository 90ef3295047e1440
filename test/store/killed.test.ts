import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { bundledProgram } from '../crash/bundled-program.ts';
import { evenly } from '../crash/sample.ts';
import { callsIn, changeOf, lastCallIn, type SystemCall, subjectOf } from '../crash/system-calls.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { type Operation, operations, problemsAfter } from './operations.ts';
import { backends } from './store-kinds.ts';
import { StoreSandbox } from './store-sandbox.ts';

// Images in memory: a killed process leaves what the kernel has, whatever a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** `MIGRATE_KILLS=all` kills at every system call that changes something; else at some of each operation. */
const every = process.env['MIGRATE_KILLS'] === 'all';
const sample = 4;
/** How often a run is tried until it is killed where it should be. */
const attempts = 20;

const directory = mkdtempSync('/dev/shm/migrate-store-killed-');
let program = '';
before(async () => {
  program = await bundledProgram(join(directory, 'program'));
});
after(() => rmSync(directory, { recursive: true }));

for (const { backend, filesystem } of backends) {
  for (const operation of operations) {
    test(`case 65: ${operation.name} on ${backend}, killed by the kernel at any change, leaves a store that can be reconciled`, async (t) => {
      await withFilesystem(filesystem, async (mountpoint) => {
        const sandbox = new StoreSandbox(mountpoint, backend);
        await sandbox.renew();
        const points = killPoints(sandbox, operation);
        const chosen = every ? points : evenly(points, sample);
        t.diagnostic(`killed at ${chosen.length} of ${points.length}`);
        const failures: string[] = [];
        for (const point of chosen) {
          const problems = await problemsWhenKilled(sandbox, operation, point);
          if (problems.length > 0) failures.push(`killed at ${point.text}: ${problems.join('; ')}`);
        }
        assert.deepEqual(failures.slice(0, 5), [], `${failures.length} of ${chosen.length}`);
      });
    });
  }
}

/** A call to kill at; `nth` counts those that open something of that name, where it does. */
type KillPoint = SystemCall & { readonly opened: string | null };

/** The calls of a run that goes well before which a kill may leave something else than the one before. */
function killPoints(sandbox: StoreSandbox, operation: Operation): KillPoint[] {
  const log = trace(sandbox, operation, ['-y']).log;
  const calls = callsIn(ofMainThread(log));
  // Threads come and go; a program that is started, such as btrfs, does what it does at once or not at all.
  const isStart = ({ name, text }: SystemCall): boolean =>
    name === 'vfork' || (/^clone3?$/.test(name) && !text.includes('CLONE_THREAD'));
  const isAppend = ({ name, text }: SystemCall): boolean => name === 'fsync' && text.includes('ledger.ndjson');
  const points = calls.filter((call) => changeOf(call) !== null || isStart(call) || isAppend(call));
  assert.ok(points.length > 2, operation.name);
  return points.map((point) => ofOneName(point, calls));
}

/** Of the calls that open files some are of Node itself, and of looks at all processes: those of that name count. */
function ofOneName(point: SystemCall, calls: readonly SystemCall[]): KillPoint {
  const opened = nameOpened(point);
  if (opened === null) return { ...point, opened };
  return { ...point, opened, nth: calls.filter((call) => nameOpened(call) === opened).indexOf(point) + 1 };
}

function nameOpened({ text }: SystemCall): string | null {
  return /^openat\(\d+<[^>]*>, "([^"/]*)"/.exec(text)?.[1] ?? null;
}

async function problemsWhenKilled(sandbox: StoreSandbox, operation: Operation, point: KillPoint): Promise<string[]> {
  let { nth } = point;
  for (let attempt = 0; attempt < attempts; attempt++) {
    await sandbox.renew();
    const state = sandbox.state();
    const { name, opened } = point;
    const only = opened === null ? [] : ['-P', opened];
    const when = ['-e', `trace=${name}`, '-e', `inject=${name}:signal=KILL:when=${nth}`];
    const { killed, log } = trace(sandbox, operation, ['-y', ...only, ...when]);
    const last = lastCallIn(log);
    if (killed && last !== null && isLike(last, point)) return await problemsAfter(sandbox, operation, state);
    nth = nextTry(log, point, nth);
  }
  throw new Error(`never killed at ${point.text}`);
}

/** Node starts threads in numbers that are others in every run. */
function nextTry(log: string, point: KillPoint, nth: number): number {
  const calls = callsIn(ofMainThread(log)).filter(({ name }) => name === point.name);
  const index = calls.findIndex(({ text }) => isLike(text, point));
  return index === -1 ? Math.max(nth, calls.length) + 1 : index + 1;
}

/** Whether a call is about the same, but for what is another in every run. */
function isLike(text: string, point: KillPoint): boolean {
  const likeness = (call: string): string =>
    `${subjectOf(call).replaceAll(/store-\d+|\d+<|fd\/\d+|[0-9a-f]{32}|0x[0-9a-f]+/g, '')} ${call.includes('O_CREAT')}`;
  return likeness(text) === likeness(point.text);
}

function ofMainThread(log: string): string {
  const [main = ''] = /^\d+/.exec(log) ?? [];
  return log
    .split('\n')
    .filter((line) => line.startsWith(`${main} `))
    .join('\n');
}

function trace(
  sandbox: StoreSandbox,
  { words }: Operation,
  tracing: readonly string[],
): { readonly killed: boolean; readonly log: string } {
  const log = join(directory, 'log');
  const command = [process.execPath, program, ...words, '--store', sandbox.directory];
  const { signal, error } = spawnSync('strace', ['-f', '-qq', '-o', log, ...tracing, ...command], { stdio: 'ignore' });
  if (error !== undefined) throw error;
  // What it had started ends by itself.
  execFileSync('sync', ['-f', sandbox.directory]);
  return { killed: signal === 'SIGKILL', log: readFileSync(log, 'latin1') };
}
