import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streams } from '../../src/system/real-streams.ts';

const { signal } = new AbortController();

test('a program that waits for ever is ended where nothing grows, and not where something does', async () => {
  const onTick = (): void => undefined;
  const still = streams.run('sleep', ['60'], { signal, onTick, growth: { amount: () => 7, silentSeconds: 1 } });
  await assert.rejects(still, { code: 'silent', message: 'Nothing has come for 1 seconds' });
  let ticks = 0;
  const growing = { amount: () => ++ticks, silentSeconds: 1 };
  await streams.run('sleep', ['3'], { signal, onTick, growth: growing });
  assert.ok(ticks >= 4, `${ticks} ticks`);
});
