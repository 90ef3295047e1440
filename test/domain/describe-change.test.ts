import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeKind, differencesOf } from '../../src/domain/describe-change.ts';
import { entryOf } from './entry-of.ts';

test('a change is an addition, a deletion, another type or a modification', () => {
  const link = entryOf({ type: 'symlink', target: 'x' });
  assert.equal(changeKind(null, entryOf()), 'added');
  assert.equal(changeKind(entryOf(), null), 'deleted');
  assert.equal(changeKind(entryOf(), link), 'type');
  assert.equal(changeKind(entryOf(), entryOf({ uid: 1 })), 'modified');
});

test('what differs is told where both sides are of one type', () => {
  assert.deepEqual(differencesOf(entryOf(), entryOf({ uid: 1 }), false), ['content', 'owner']);
  assert.deepEqual(differencesOf(entryOf(), entryOf({ uid: 1 }), true), ['owner']);
  assert.deepEqual(differencesOf(entryOf(), entryOf({ type: 'fifo' }), false), []);
  assert.deepEqual(differencesOf(null, entryOf(), false), []);
  const [a, b] = ['a', 'b'].map((target) => entryOf({ type: 'symlink', target }));
  assert.deepEqual(differencesOf(a ?? null, b ?? null, false), ['content']);
});
