import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundBranch, isVersionId, nextOrder, versionIdOf } from '../../src/domain/version.ts';
import { versionOf } from '../versions/version-of.ts';

test('an id is the name of the image and a number, and fits a file, a branch and the kernel command line', () => {
  assert.equal(versionIdOf('trixie', 7), 'trixie.7');
  assert.equal(versionIdOf('debian:13', 2), 'debian-13.2');
  assert.equal(versionIdOf('v1.json', 2), 'v1.json.2');
  for (const image of ['a', 'x'.repeat(120), 'a.', '9:9', `${'y'.repeat(116)}..z`, 'a+b_c-d']) {
    for (const order of [0, 1, 999_999]) assert.ok(isVersionId(versionIdOf(image, order)), versionIdOf(image, order));
  }
});

test('ids that would lead elsewhere, or mean something to a file of the store, are none', () => {
  const bad = [
    '',
    '.',
    '..',
    '.a',
    '-a',
    'a/b',
    'a..b',
    'a b',
    'a:b',
    'a@b',
    'a.json',
    'a.partial',
    'é',
    'x'.repeat(121),
  ];
  for (const id of bad) assert.equal(isVersionId(id), false, id);
});

test('a volume that is called like what every object has is bound to nothing', () => {
  const record = versionOf('v.1', 'good', 1, { bindings: { home: 'main' } });
  assert.equal(boundBranch(record, 'home'), 'main');
  assert.equal(boundBranch(record, 'constructor'), null);
});

test('case 131: the next number is greater than every number of every record, whatever the dates are', () => {
  assert.equal(nextOrder([]), 1);
  assert.equal(nextOrder([versionOf('v.2', 'good', 2), versionOf('v.1', 'retired', 1)]), 26);
});
