import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sameTimestamp } from '../../src/domain/entry.ts';

test('two times are the same only to the nanosecond', () => {
  const time = { seconds: 5, nanoseconds: 7 };
  assert.equal(sameTimestamp(time, { ...time }), true);
  assert.equal(sameTimestamp(time, { ...time, nanoseconds: 8 }), false);
  assert.equal(sameTimestamp(time, { ...time, seconds: 6 }), false);
});
