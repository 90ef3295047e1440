import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isText, mergeableBytes } from '../../../src/merge/text/is-text.ts';

test('a content without NUL is text, whatever its other bytes', () => {
  assert.equal(isText(''), true);
  assert.equal(isText('plain\n'), true);
  assert.equal(isText('\x01\xff\xfe\n'), true);
});

test('a NUL in the first 8,000 bytes makes a content binary, one after them does not', () => {
  assert.equal(isText(`${'a'.repeat(7999)}\0`), false);
  assert.equal(isText(`${'a'.repeat(8000)}\0`), true);
});

test('files of up to 16 MiB are merged', () => {
  assert.equal(mergeableBytes, 16_777_216);
});
