import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ancestorsOf, childOf, comparePaths, isBelow, nameOf, parentOf } from '../../src/domain/path.ts';

test('a path has a parent and a name; the root is its own parent and has no name', () => {
  assert.deepEqual(['/etc/a', '/etc', '/'].map(parentOf), ['/etc', '/', '/']);
  assert.deepEqual(['/etc/a', '/etc', '/'].map(nameOf), ['a', 'etc', '']);
  assert.deepEqual([childOf('/', 'etc'), childOf('/etc', 'a')], ['/etc', '/etc/a']);
});

test('case 26: a path lies below a directory, not below a prefix of its name', () => {
  assert.equal(isBelow('/foo/a', '/foo'), true);
  assert.equal(isBelow('/foobar', '/foo'), false);
  assert.equal(isBelow('/foo', '/foo'), false);
  assert.equal(isBelow('/foo', '/foo/a'), false);
  assert.deepEqual([isBelow('/a', '/'), isBelow('/', '/')], [true, false]);
});

test('the directories above a path, the root first', () => {
  assert.deepEqual(ancestorsOf('/a/b/c'), ['/', '/a', '/a/b']);
  assert.deepEqual([ancestorsOf('/a'), ancestorsOf('/')], [['/'], []]);
});

test('case 26: paths sort as a walk meets them, whatever bytes sort before the slash', () => {
  const walk = [
    '/',
    '/foo',
    '/foo/a',
    '/foo/a/b',
    '/foo/b',
    '/foo\x01',
    '/foo\n',
    '/foo-bar',
    '/foo.',
    '/foobar',
    '/fop',
  ];
  for (let round = 0; round < walk.length; round++) {
    const rotated = [...walk.slice(round), ...walk.slice(0, round)];
    assert.deepEqual(rotated.sort(comparePaths), walk);
  }
  assert.equal(comparePaths('/a', '/a'), 0);
  assert.ok(comparePaths('/a\xff', '/a\x7f') > 0);
});
