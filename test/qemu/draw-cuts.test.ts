import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawCuts } from '../../qemu/power-cuts/draw-cuts.ts';
import { phaseNames } from '../../qemu/power-cuts/phases.ts';
import type { Logged } from '../crash/write-log.ts';
import { seededRandom } from '../merge/text/random.ts';

/** Every tenth entry is a flush; each phase has a hundred. */
const entries: readonly Logged[] = Array.from({ length: 100 * phaseNames.length + 50 }, (_, index) => ({
  flush: index % 10 === 9,
  offset: index * 512,
  length: index % 10 === 9 ? 0 : 512,
  dataAt: index * 1024,
}));
const bounds = [...phaseNames.map((_, index) => 50 + 100 * index), entries.length];

test('power cuts fall into every phase alike, and lose nothing that was flushed before them', () => {
  const cuts = drawCuts({ entries, bounds }, { count: 20 * phaseNames.length, within: phaseNames }, seededRandom(7));
  for (const [index, name] of phaseNames.entries()) {
    const within = cuts.filter(({ phase }) => phase === name);
    assert.equal(within.length, 20, name);
    for (const { at } of within)
      assert.ok(at >= (bounds[index] ?? 0) && at < (bounds[index + 1] ?? 0), `${name}: ${at}`);
  }
  for (const { at, durable, kept } of cuts) {
    assert.equal(durable, Math.floor(at / 10) * 10);
    assert.ok(kept.every((index) => index >= durable && index < at));
  }
});

test('of what was not flushed a power cut loses all, nothing, or some', () => {
  const cuts = drawCuts({ entries, bounds }, { count: 300, within: ['trial'] }, seededRandom(8)).filter(
    ({ at, durable }) => at - durable === 9,
  );
  const kept = new Set(cuts.map((cut) => cut.kept.length));
  assert.ok(kept.has(0) && kept.has(9) && kept.size > 2, [...kept].join());
});

test('the same seed cuts the power at the same moments, another one elsewhere', () => {
  const drawn = (seed: number) => drawCuts({ entries, bounds }, { count: 10, within: phaseNames }, seededRandom(seed));
  assert.deepEqual(drawn(9), drawn(9));
  assert.notDeepEqual(drawn(9), drawn(10));
});

test('a phase in which nothing was written is no phase', () => {
  assert.throws(
    () => drawCuts({ entries, bounds: bounds.map(() => 50) }, { count: 1, within: phaseNames }, seededRandom(1)),
    /nothing was written/,
  );
});

test('at the begin of a phase nothing is left of what was not flushed', () => {
  const drawn = drawCuts(
    { entries, bounds },
    { count: 2, within: ['restart', 'good'], atBegin: true },
    seededRandom(1),
  );
  assert.deepEqual(
    drawn.map(({ phase, at, durable, kept }) => ({ phase, at, durable, kept })),
    [
      { phase: 'restart', at: 150, durable: 150, kept: [] },
      { phase: 'good', at: 550, durable: 550, kept: [] },
    ],
  );
});
