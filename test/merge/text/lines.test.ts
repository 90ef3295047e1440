import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfLines, listLines, type Numbering, readLines } from '../../../src/merge/text/lines.ts';

test('lines keep their ends, and a last line without one is a line of its own', () => {
  const lines = readLines('a\r\n\nb', new Map());
  assert.deepEqual(listLines(lines, 0, lines.count), ['a\r\n', '\n', 'b']);
  assert.equal(bytesOfLines(lines, 1, 3), '\nb');
});

test('an empty content has no lines, a newline alone has one', () => {
  assert.equal(readLines('', new Map()).count, 0);
  assert.equal(readLines('\n', new Map()).count, 1);
});

test('equal lines have equal numbers over all contents of a numbering; the end of the line counts', () => {
  const numbering: Numbering = new Map();
  const first = readLines('x\ny\nx\n', numbering);
  const second = readLines('y\nx\r\nx', numbering);
  assert.deepEqual([...first.ids], [0, 1, 0]);
  assert.deepEqual([...second.ids], [1, 2, 3]);
});
