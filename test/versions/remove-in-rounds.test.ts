import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure, SystemCallError } from '../../src/domain/failure.ts';
import type { Place } from '../../src/domain/volume.ts';
import { removeInRounds } from '../../src/versions/remove-in-rounds.ts';

const places: readonly Place[] = ['a', 'b', 'c'].map((name) => ({ volume: 'system', kind: 'branch', name }));

test('what the kernel cannot remove leaves nothing else where it is, and is named', () => {
  const removed: string[] = [];
  const left = removeInRounds(places, ({ name }) => {
    if (name === 'a') throw new SystemCallError('EUCLEAN', 'getdents64', '/srv');
    // Goes in the second round.
    if (name === 'b' && !removed.includes('c')) throw new Failure({ code: 'x', kind: 'failed', message: 'nested' });
    removed.push(name);
  });
  assert.deepEqual(removed, ['c', 'b']);
  assert.deepEqual(left, [{ place: places[0], why: 'getdents64 /srv: EUCLEAN' }]);
});

test('an error of the program is no refusal', () => {
  assert.throws(
    () =>
      removeInRounds(places, () => {
        throw new TypeError('a defect');
      }),
    /a defect/,
  );
});
