import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeText } from '../../../src/merge/text/merge-text.ts';

const numbers = linesOf(Array.from({ length: 12 }, (_, index) => String(index + 1)));

test('changes of both sides to different lines are both in the result', () => {
  const merged = mergeText(numbers, numbers.replace('2\n', 'two\n'), numbers.replace('9\n', ''));
  assert.deepEqual(merged, { kind: 'merged', content: numbers.replace('2\n', 'two\n').replace('9\n', '') });
});

test('a conflict names the lines of all three sides, counted from 1', () => {
  const ours = `0\n${numbers.replace('5\n', 'five\nand a half\n')}`;
  const theirs = numbers.replace('5\n', 'cinq\n');
  assert.deepEqual(mergeText(numbers, ours, theirs), {
    kind: 'conflict',
    conflicts: [
      {
        base: { start: 5, lines: ['5\n'] },
        ours: { start: 6, lines: ['five\n', 'and a half\n'] },
        theirs: { start: 5, lines: ['cinq\n'] },
      },
    ],
  });
});

test('a line deleted on one side and changed on the other conflicts, with no lines on the side that deleted it', () => {
  const merged = mergeText(numbers, numbers.replace('5\n', ''), numbers.replace('5\n', 'cinq\n'));
  assert.deepEqual(merged.kind === 'conflict' && merged.conflicts[0]?.ours, { start: 5, lines: [] });
});

test('changes side by side, with no line between that both sides kept, conflict', () => {
  const ours = numbers.replace('5\n', 'five\n');
  const theirs = numbers.replace('6\n', 'six\n');
  assert.equal(mergeText(numbers, ours, theirs).kind, 'conflict');
  const apart = mergeText(numbers, ours, numbers.replace('7\n', 'seven\n'));
  assert.deepEqual(apart, { kind: 'merged', content: numbers.replace('5\n', 'five\n').replace('7\n', 'seven\n') });
});

test('the same change on both sides is made once', () => {
  const shared = numbers.replace('5\n', 'five\n');
  assert.deepEqual(mergeText(numbers, `${shared}13\n`, `0\n${shared}`), {
    kind: 'merged',
    content: `0\n${shared}13\n`,
  });
});

test('a side that changed nothing has no say', () => {
  for (const changed of ['', 'x', numbers.slice(0, -1)]) {
    assert.deepEqual(mergeText(numbers, changed, numbers), { kind: 'merged', content: changed });
    assert.deepEqual(mergeText(numbers, numbers, changed), { kind: 'merged', content: changed });
    assert.deepEqual(mergeText(numbers, changed, changed), { kind: 'merged', content: changed });
  }
});

test('bytes that are not UTF-8 come through', () => {
  const merged = mergeText(`\xff\n${numbers}`, `\xff\n${numbers}\xfe\x80\n`, `\xc3\n${numbers}`);
  assert.deepEqual(merged, { kind: 'merged', content: `\xc3\n${numbers}\xfe\x80\n` });
});

test('sides that change every other line, in turn, are one conflict however many there are', () => {
  const base = Array.from({ length: 200 }, (_, index) => `line ${index}`);
  const changed = (remainder: number): string =>
    linesOf(base.map((line, index) => (index % 2 === remainder ? `${line} changed` : line)));
  const merged = mergeText(linesOf(base), changed(0), changed(1));
  assert.equal(merged.kind === 'conflict' && merged.conflicts.length, 1);
});

test('hundreds of changes on both sides, each with a kept line between, merge', () => {
  const base = Array.from({ length: 2000 }, (_, index) => `line ${index}`);
  const change = (remainders: readonly number[]): string =>
    linesOf(base.flatMap((line, index) => (remainders.includes(index % 4) ? [`${line} changed`, 'more'] : [line])));
  assert.deepEqual(mergeText(linesOf(base), change([0]), change([2])), { kind: 'merged', content: change([0, 2]) });
});

test('names that objects are born with are lines like any other', () => {
  const base = linesOf(['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf']);
  const merged = mergeText(base, base.replace('constructor', '__proto__'), base.replace('valueOf', 'constructor'));
  const content = base.replace('constructor', '__proto__').replace('valueOf', 'constructor');
  assert.deepEqual(merged, { kind: 'merged', content });
});

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
