import assert from 'node:assert/strict';
import { test } from 'node:test';
import { casesNamed } from '../../.tools/cases-named.ts';

test('the name of a test names one case, several, or a range', () => {
  assert.deepEqual(casesNamed('case 8: a file that goes away'), [8]);
  assert.deepEqual(casesNamed('cases 45, 47: numbers'), [45, 47]);
  assert.deepEqual(casesNamed('cases 10 to 12 and 27: types'), [10, 11, 12, 27]);
});

test('a case that is mentioned further on is not named', () => {
  assert.deepEqual(casesNamed('a file in case 8: gone'), []);
  assert.deepEqual(casesNamed('the whole in one case'), []);
});
