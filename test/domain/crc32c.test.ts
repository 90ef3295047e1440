import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from '../../src/domain/crc32c.ts';

test('the checksum of the nine digits is the one that every table of checksums gives', () => {
  const digits = new TextEncoder().encode('123456789');
  const inverted = 0xffffffff;
  assert.equal((crc32c(digits, inverted) ^ inverted) >>> 0, 0xe3069283);
  assert.equal(crc32c(digits.subarray(4), crc32c(digits.subarray(0, 4))), crc32c(digits));
});
