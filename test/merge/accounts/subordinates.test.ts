import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, linesIn, merge, rows } from './machine.ts';

const root = 'root:x:0:0::/root:/bin/sh';

function users(...names: readonly string[]) {
  return { passwd: rows(root, ...names.map((name) => `${name}:x:${1000 + name.charCodeAt(0)}:0::/:/bin/sh`)) };
}

const base = { ...users(), subuid: '' };

test('ranges of this machine stay; those of newcomers come after them, behind all where they overlap', () => {
  const ours = { ...users('a'), subuid: rows('# mine', 'a:100000:65536', 'a:300000:10', 'ldap:231072:65536') };
  const theirs = { ...users('b', 'c'), subuid: rows('b:100000:65536', 'c:500000:10', 'c:165535:1') };
  const result = merge({ base, ours, theirs });
  assert.deepEqual(linesIn(result, 'subuid'), [
    '# mine',
    'a:100000:65536',
    'a:300000:10',
    'ldap:231072:65536',
    'b:300010:65536',
    'c:500000:10',
    'c:500010:1',
  ]);
  assert.deepEqual(keys(result), ['account-range:/etc/subuid']);
});

test('ranges that this machine changed or deleted stay so; those of users it deleted do not come back', () => {
  const both = { ...users('a', 'b', 'c'), subuid: rows('a:100000:65536', 'b:165536:65536', 'c:231072:65536') };
  const ours = { ...users('a', 'b'), subuid: rows('a:900000:1') };
  assert.deepEqual(linesIn(merge({ base: both, ours, theirs: both }), 'subuid'), ['a:900000:1']);
});

test('an owner that is a number follows the user whose number it is', () => {
  const ours = { passwd: rows(root, 'mine:x:1000:0::/:/bin/sh'), subuid: '' };
  const theirs = { passwd: rows(root, 'guest:x:1000:0::/:/bin/sh'), subuid: rows('1000:100000:65536') };
  assert.deepEqual(linesIn(merge({ base, ours, theirs }), 'subuid'), ['1001:100000:65536']);
});

test('a range for which there is no room is left out, and an item tells', () => {
  const ours = { ...users('a'), subuid: rows('a:4294900000:67000') };
  const theirs = { ...users('b'), subuid: rows('b:4294900000:65536') };
  const result = merge({ base, ours, theirs });
  assert.deepEqual(linesIn(result, 'subuid'), ['a:4294900000:67000']);
  assert.deepEqual(keys(result), ['account-range-left:/etc/subuid']);
});

test('case 50: the backups of ranges keep what they have and get what the image brings', () => {
  const ours = { ...users('a'), subuid: rows('a:100000:65536'), 'subuid-': '', 'subgid-': 'a:1:1' };
  const theirs = { ...users('b'), subuid: rows('b:100000:65536'), subgid: rows('b:7:7') };
  const result = merge({ base, ours, theirs });
  assert.deepEqual(linesIn(result, 'subuid-'), ['b:165536:65536']);
  assert.deepEqual(linesIn(result, 'subgid-'), ['a:1:1', 'b:7:7']);
});
