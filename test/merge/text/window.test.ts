import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeWindow } from '../../../src/merge/text/window.ts';

test('changes apart from each other are taken from their sides, and the base between them', () => {
  const regions = mergeWindow({
    base: { from: 4, to: 9 },
    ours: { from: 4, hunks: [{ aFrom: 4, aTo: 5, bFrom: 4, bTo: 7 }] },
    theirs: { from: 2, hunks: [{ aFrom: 8, aTo: 9, bFrom: 6, bTo: 6 }] },
  });
  assert.deepEqual(regions, [
    { from: 'ours', lines: { from: 4, to: 7 } },
    { from: 'base', lines: { from: 5, to: 8 } },
  ]);
});

test('changes that overlap or touch are one region with the lines of all three sides', () => {
  const regions = mergeWindow({
    base: { from: 0, to: 6 },
    ours: { from: 0, hunks: [{ aFrom: 0, aTo: 3, bFrom: 0, bTo: 1 }] },
    theirs: {
      from: 0,
      hunks: [
        { aFrom: 2, aTo: 2, bFrom: 2, bTo: 5 },
        { aFrom: 3, aTo: 6, bFrom: 6, bTo: 7 },
      ],
    },
  });
  assert.deepEqual(regions, [
    { from: 'both', base: { from: 0, to: 6 }, ours: { from: 0, to: 4 }, theirs: { from: 0, to: 7 } },
  ]);
});

test('two insertions at one place are one region without lines of the base', () => {
  const regions = mergeWindow({
    base: { from: 5, to: 5 },
    ours: { from: 5, hunks: [{ aFrom: 5, aTo: 5, bFrom: 5, bTo: 6 }] },
    theirs: { from: 7, hunks: [{ aFrom: 5, aTo: 5, bFrom: 7, bTo: 9 }] },
  });
  assert.deepEqual(regions, [
    { from: 'both', base: { from: 5, to: 5 }, ours: { from: 5, to: 6 }, theirs: { from: 7, to: 9 } },
  ]);
});
