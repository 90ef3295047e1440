import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPartName } from '../../src/domain/volume-name.ts';
import { originalVolumeName, receivedTagName, receivedVolumeName } from '../../src/transfer/received-names.ts';

test('a received volume bears the name of its host, once', () => {
  assert.equal(receivedVolumeName({ host: 'alpha', name: 'home' }), 'alpha+home');
  assert.equal(receivedVolumeName({ host: 'alpha', name: 'alpha+home' }), 'alpha+home');
  assert.equal(receivedVolumeName({ host: 'beta', name: 'alpha+home' }), 'beta+alpha+home');
});

test('without it the volume is called as where it was made', () => {
  assert.equal(originalVolumeName({ host: 'alpha', name: 'alpha+home' }), 'home');
  assert.equal(originalVolumeName({ host: 'alpha', name: 'home' }), 'home');
});

test('case 123: a tag keeps its name, unless that is taken', () => {
  const tag = { name: 'monday', uuid: '0123456789abcdef0123456789abcdef' };
  assert.equal(receivedTagName(tag, new Set(['tuesday'])), 'monday');
  assert.equal(receivedTagName(tag, new Set(['monday'])), 'monday-01234567');
  const long = receivedTagName({ ...tag, name: 'x'.repeat(120) }, new Set(['x'.repeat(120)]));
  assert.equal(long.length, 120);
  assert.ok(isPartName(long) && long.endsWith('-01234567'));
});
