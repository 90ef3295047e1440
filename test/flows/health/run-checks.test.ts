import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { type CheckResult, type Health, whatFailed } from '../../../src/domain/health.ts';
import { findChecks } from '../../../src/flows/health/find-checks.ts';
import { type CheckSettings, runChecks } from '../../../src/flows/health/run-checks.ts';
import { system } from '../../storage/objects.ts';
import { type CheckTree, required, type Scripts, wanted, withChecks } from './check-tree.ts';

type Ran = { readonly health: Health; readonly heard: readonly string[]; readonly tree: CheckTree };

async function run(
  scripts: Scripts,
  settings: Partial<CheckSettings> = {},
  then: (ran: Ran) => void = () => undefined,
): Promise<Ran> {
  return await withChecks(scripts, async (tree) => {
    const heard: string[] = [];
    const onResult = ({ name, outcome, afterSoak }: CheckResult): void => {
      heard.push(`${name} ${outcome}${afterSoak ? ' again' : ''}`);
    };
    const { signal } = new AbortController();
    const all = { limitSeconds: 20, soakSeconds: 0, ...settings };
    const ran = {
      health: await runChecks(system, findChecks(system, tree.root), all, { signal, onResult }),
      heard,
      tree,
    };
    then(ran);
    return ran;
  });
}

test('all checks run, whatever became of those before; a required one that fails is what counts', async () => {
  const { health, heard } = await run({
    [required('10-a')]: 'echo "no route to the gateway"; exit 3',
    [required('20-b')]: 'kill -SEGV $$',
    [required('30-c')]: '',
    [wanted('40-d')]: 'exit 1',
  });
  assert.equal(health.healthy, false);
  assert.deepEqual(heard, ['10-a failed', '20-b failed', '30-c passed', '40-d failed']);
  assert.deepEqual(whatFailed(health), [
    'the check 10-a failed: it ended with 3: no route to the gateway',
    'the check 20-b failed: it was killed (SIGSEGV)',
  ]);
});

test('a wanted check that fails is named, and the machine is healthy', async () => {
  const { health, heard } = await run({ [required('10-a')]: '', [wanted('20-b')]: 'exit 1' });
  assert.equal(health.healthy, true);
  assert.deepEqual(heard, ['10-a passed', '20-b failed']);
  assert.deepEqual(whatFailed(health), []);
});

test('case 113: a check that hangs fails at its limit, and those after it run', async () => {
  const { health, heard } = await run({ [required('10-a')]: 'sleep 600', [required('20-b')]: '' }, { limitSeconds: 1 });
  assert.deepEqual(heard, ['10-a timed-out', '20-b passed']);
  assert.deepEqual(whatFailed(health), ['the check 10-a failed: it took longer than 1 s']);
});

test('a check whose interpreter is missing fails', async () => {
  await withChecks({ [required('10-b')]: '' }, async ({ root, file }) => {
    writeFileSync(file(required('10-b')), '#!/nonexistent/interpreter\n');
    const { signal } = new AbortController();
    const settings = { limitSeconds: 20, soakSeconds: 0 };
    const ran = await runChecks(system, findChecks(system, root), settings, { signal, onResult: () => undefined });
    assert.deepEqual([ran.healthy, ran.results[0]?.outcome], [false, 'not-started']);
  });
});

test('the end of what a check prints is kept, in whole lines', async () => {
  const { health } = await run({ [required('10-a')]: 'yes 0123456789abcde | head -c 1048576; echo the end; exit 1' });
  const [result] = health.results;
  assert.ok(result !== undefined);
  assert.ok(result.output.length <= 65_536 && result.output.length > 65_000);
  assert.match(result.output, /^0123456789abcde\n/);
  assert.ok(result.output.endsWith('\nthe end\n'));
  assert.ok(result.droppedBytes > 900_000);
});

const failsLater = 'echo run >> $ROOT/runs; [ $(wc -l < $ROOT/runs) -lt 2 ]';

test('the soak time finds a service that comes up and fails later', async () => {
  const scripts = { [required('10-a')]: failsLater, [required('20-b')]: '', [wanted('30-c')]: '' };
  const start = performance.now();
  const { health, heard } = await run(scripts, { soakSeconds: 2 });
  assert.ok(performance.now() - start >= 2000);
  assert.equal(health.healthy, false);
  assert.deepEqual(heard, ['10-a passed', '20-b passed', '30-c passed', '10-a failed again', '20-b passed again']);
  assert.deepEqual(whatFailed(health), ['the check 10-a failed after the soak time: it ended with 1']);
  // Without the soak time it would have passed.
  assert.equal((await run(scripts)).health.healthy, true);
});

test('where a required check failed there is nothing to wait for', async () => {
  const once = ({ tree }: Ran): void => assert.equal(readFileSync(tree.file('runs'), 'utf8'), 'run\n');
  const { heard } = await run({ [required('10-a')]: 'echo run >> $ROOT/runs; exit 1' }, { soakSeconds: 600 }, once);
  assert.deepEqual(heard, ['10-a failed']);
});

test('an interruption ends the soak time', async () => {
  await withChecks({ [required('10-a')]: '' }, async ({ root }) => {
    const controller = new AbortController();
    const reason = new Error('for the test');
    const onResult = (): void => void setTimeout(() => controller.abort(reason), 100);
    const settings = { limitSeconds: 20, soakSeconds: 600 };
    const { signal } = controller;
    await assert.rejects(runChecks(system, findChecks(system, root), settings, { signal, onResult }), reason);
  });
});
