import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandStage, type Outcome, runRounds, type Stage } from '../../.tools/stages.ts';

/** How the stages end, what is said of them, and what their logs hold. */
async function played(rounds: readonly (readonly Stage[])[], atOnce = 2) {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-stages-'));
  try {
    const said: string[] = [];
    const outcomes = await runRounds(rounds, { atOnce, directory, say: (text) => said.push(text) });
    const log = (name: string): string => readFileSync(join(directory, `${name}.log`), 'utf8');
    const logs = outcomes.filter(({ result }) => result !== 'not run').map(({ name }) => [name, log(name)] as const);
    return { outcomes: resultsOf(outcomes), said: said.join('\n'), logs: new Map(logs) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function resultsOf(outcomes: readonly Outcome[]): Record<string, string> {
  return Object.fromEntries(outcomes.map(({ name, result }) => [name, result]));
}

const sh = (name: string, script: string, needs: readonly string[] = []): Stage =>
  commandStage({ name, needs, command: ['sh', '-c', script] });

test('what a stage says on both outputs is told whole, and kept', async () => {
  const { outcomes, said, logs } = await played([[sh('loud', 'echo one; echo two >&2; echo three')]]);
  assert.deepEqual(outcomes, { loud: 'ok' });
  assert.match(said, /== loud: ok, 0 s\n.*one\ntwo\nthree/s);
  assert.match(logs.get('loud') ?? '', /\none\ntwo\nthree\n$/);
});

test('a stage that fails, that cannot start or that throws has failed, and what needs it does not run', async () => {
  const thrower: Stage = { name: 'throws', needs: [], run: () => Promise.reject(new TypeError('it threw')) };
  const { outcomes, said, logs } = await played([
    [
      sh('fails', 'echo why; exit 3'),
      commandStage({ name: 'absent', needs: [], command: ['/no/such/program'] }),
      thrower,
    ],
    [sh('next', 'echo ran', ['fails']), sh('other', 'echo ran')],
  ]);
  assert.deepEqual(outcomes, { fails: 'failed', absent: 'failed', throws: 'failed', next: 'not run', other: 'ok' });
  assert.match(said, /== next: not run, it needs fails/);
  assert.match(said, /== fails: failed.*why/s);
  assert.match(logs.get('absent') ?? '', /ENOENT/);
  assert.match(logs.get('throws') ?? '', /it threw/);
});

test('no more stages run at once than told, and a round waits for the one before', async () => {
  let [running, most] = [0, 0];
  const order: string[] = [];
  const stage = (name: string): Stage => ({
    ...{ name, needs: [] },
    run: async () => {
      running += 1;
      most = Math.max(most, running);
      await sleep(5);
      order.push(name);
      running -= 1;
      return true;
    },
  });
  await played([['a', 'b', 'c'].map(stage), ['d'].map(stage)]);
  assert.deepEqual([most, order.at(-1), order.length], [2, 'd', 4]);
});
