import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { sharesOf, sideBySide } from '../../.tools/side-by-side.ts';

test('with less than four processors no more runs at once than there are of them', () => {
  assert.deepEqual(sharesOf(1), { stages: 1, testFiles: 1, guests: 1 });
  for (const processors of [2, 3]) {
    const { stages, testFiles, guests } = sharesOf(processors);
    assert.deepEqual([stages, testFiles + guests], [2, processors]);
  }
  for (const processors of [4, 8, 64]) {
    const { testFiles, guests } = sharesOf(processors);
    assert.ok(testFiles + guests <= processors + 1 && guests <= 4, `${processors} processors`);
  }
});

test('each item is taken once, from the front, and never more at once than told', async () => {
  const taken: number[] = [];
  let [running, most] = [0, 0];
  await sideBySide([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    taken.push(item);
    running += 1;
    most = Math.max(most, running);
    await turn();
    running -= 1;
  });
  assert.deepEqual([taken, most], [[1, 2, 3, 4, 5, 6, 7], 3]);
});
