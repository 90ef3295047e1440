import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type LimitedOptions, type LimitedRun, runLimited } from '../../src/system/run-limited.ts';

const usual: LimitedOptions = { limitSeconds: 60, keptBytes: 65_536, signal: new AbortController().signal };

function shell(script: string, options: Partial<LimitedOptions> = {}): Promise<LimitedRun> {
  return runLimited('/bin/sh', ['-c', script], { ...usual, ...options });
}

/** Runs the body with a directory where processes leave their numbers. */
async function withDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync('/dev/shm/migrate-limited-');
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Whether the process is there; one that has ended and was not waited for by its parent is not. */
function isAlive(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'latin1'));
}

async function ends(pid: number): Promise<boolean> {
  for (let round = 0; round < 100 && isAlive(pid); round++) await wait(50);
  return !isAlive(pid);
}

test('status, output of both streams and time are told', async () => {
  const { seconds, ...run } = await shell('echo out; sleep 0.3; echo err >&2; sleep 0.3; echo out; exit 3');
  const how = 'it ended with 3';
  assert.deepEqual(run, { ended: 'exited', how, status: 3, output: 'out\nerr\nout\n', droppedBytes: 0 });
  assert.ok(seconds >= 0.6);
});

test('a program that dies by a signal, or cannot be started, is told so', async () => {
  assert.equal((await shell('kill -SEGV $$')).how, 'it was killed (SIGSEGV)');
  const missing = await runLimited('/nonexistent/check', [], usual);
  assert.deepEqual([missing.ended, missing.status], ['not-started', null]);
  assert.match(missing.how, /^it could not be started: .*ENOENT/);
  const directory = await runLimited('/tmp', [], usual);
  assert.equal(directory.ended, 'not-started');
});

test('it is given nothing to read, and its working directory is the root', async () => {
  assert.equal((await shell('cat; pwd')).output, '/\n');
});

test('case 113: at the limit the whole group is killed, children of children too', async () => {
  await withDirectory(async (directory) => {
    const grandchild = `sh -c 'sh -c "echo \\$\\$ > ${directory}/pid; trap : TERM; while :; do sleep 1; done" & wait' & wait`;
    const run = await shell(grandchild, { limitSeconds: 2 });
    assert.deepEqual([run.ended, run.how, run.status], ['limit', 'it took longer than 2 s', null]);
    assert.ok(run.seconds < 8, `${run.seconds} s`);
    assert.ok(await ends(Number(readFileSync(join(directory, 'pid'), 'utf8'))));
  });
});

test('what a program leaves in its group ends with it, and is not waited for', async () => {
  await withDirectory(async (directory) => {
    const run = await shell(`sleep 600 & echo $! > ${directory}/pid; echo done`, { limitSeconds: 20 });
    assert.deepEqual([run.ended, run.status, run.output], ['exited', 0, 'done\n']);
    assert.ok(run.seconds < 10, `${run.seconds} s`);
    assert.ok(await ends(Number(readFileSync(join(directory, 'pid'), 'utf8'))));
  });
});

test('what has left the group and keeps the pipe open is not waited for', async () => {
  await withDirectory(async (directory) => {
    const run = await shell(`setsid sh -c 'echo $$ > ${directory}/pid; exec sleep 600' & sleep 0.5; echo done`);
    process.kill(Number(readFileSync(join(directory, 'pid'), 'utf8')));
    assert.deepEqual([run.ended, run.output], ['exited', 'done\n']);
    assert.ok(run.seconds < 10, `${run.seconds} s`);
  });
});

test('of a lot of output the end is kept, and no more memory is taken', async () => {
  const before = process.memoryUsage().rss;
  const { output, droppedBytes, status } = await shell('yes 0123456789abcde | head -c 268435456; echo the end');
  assert.equal(status, 0);
  assert.equal(output.length, 65_536);
  assert.ok(output.endsWith('\nthe end\n'));
  assert.equal(droppedBytes, 268_435_456 + 8 - 65_536);
  assert.ok(process.memoryUsage().rss - before < 128 * 2 ** 20);
});

test('many small pieces are kept as they came', async () => {
  const { output, droppedBytes } = await shell('i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i + 1)); done', {
    keptBytes: 100,
  });
  assert.ok(output.endsWith('\n2998\n2999\n'));
  assert.deepEqual([output.length, droppedBytes], [100, 13_890 - 100]);
});

test('an interruption ends it, and is what the caller is told', async () => {
  await withDirectory(async (directory) => {
    const controller = new AbortController();
    const reason = new Error('for the test');
    const run = shell(`echo $$ > ${directory}/pid; exec sleep 600`, { signal: controller.signal });
    for (let round = 0; round < 100 && !existsSync(join(directory, 'pid')); round++) await wait(50);
    controller.abort(reason);
    await assert.rejects(run, reason);
    assert.ok(await ends(Number(readFileSync(join(directory, 'pid'), 'utf8'))));
  });
});
