import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutWindows } from '../../../src/merge/text/cut-windows.ts';
import type { Hunk } from '../../../src/merge/text/diff-lines.ts';

test('without hunks there are no windows', () => {
  assert.deepEqual(cutWindows([], []), []);
});

test('a window spans its hunks on all three sides', () => {
  const ours = [hunk(10, 12, 10)];
  const theirs = [hunk(3, 3, 3, 7), hunk(11, 11, 15, 16)];
  assert.deepEqual(cutWindows(ours, theirs), [
    { base: { from: 3, to: 12 }, ours: { from: 3, hunks: ours }, theirs: { from: 3, hunks: theirs } },
  ]);
});

test('hunks beyond those of one window start the next, at lines shifted by what came before', () => {
  const ours = Array.from({ length: 40 }, (_, index) => hunk(index * 10, index * 10, index * 11, index * 11 + 1));
  const [first, second, ...rest] = cutWindows(ours, []);
  assert.deepEqual(rest, []);
  assert.deepEqual(first?.base, { from: 0, to: 310 });
  assert.deepEqual(second?.base, { from: 320, to: 390 });
  assert.deepEqual([second?.ours.from, second?.theirs.from], [352, 320]);
});

test('a window never ends between hunks that touch, and stays small all the same', () => {
  const ours = Array.from({ length: 1000 }, (_, index) => hunk(index * 4, index * 4 + 2, index * 4));
  const theirs = Array.from({ length: 1000 }, (_, index) => hunk(index * 4 + 2, index * 4 + 4, index * 4 + 2));
  const [only, ...rest] = cutWindows(ours, theirs);
  assert.deepEqual(rest, []);
  assert.deepEqual(only?.base, { from: 0, to: 4000 });
  assert.ok(only !== undefined && only.ours.hunks.length + only.theirs.hunks.length <= 34);
  assert.equal(only?.theirs.hunks.at(-1)?.bTo, 4000);
});

test('a full window keeps its last place apart from the hunks before it', () => {
  const ours = Array.from({ length: 31 }, (_, index) => hunk(index * 10, index * 10 + 1, index * 10));
  const theirs = [hunk(400, 401, 400)];
  const touching = hunk(401, 402, 401);
  const [only] = cutWindows([...ours, touching], theirs);
  assert.deepEqual(only?.ours.hunks.slice(-2), [hunk(300, 301, 300), touching]);
});

/** Lines `aFrom` up to `aTo` of the base, which became as many, or those up to `bTo`. */
function hunk(aFrom: number, aTo: number, bFrom: number, bTo: number = bFrom + aTo - aFrom): Hunk {
  return { aFrom, aTo, bFrom, bTo };
}
