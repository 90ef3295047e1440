import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayBytes } from '../../src/domain/bytes.ts';
import { typedPaths } from '../../src/domain/typed-path.ts';

test('case 7: whatever a path is shown as, the path is among those that are meant by that', () => {
  for (const path of ['/etc/motd', '/a b', '/caf\xe9', '/\xff\n\t\\', '/a\\x2db', '/a\\\\b', '/\xc3\xa9', '/\\n']) {
    assert.ok(typedPaths(displayBytes(path)).includes(path), displayBytes(path));
  }
});

test('a word is meant as it stands first, and no escape stands for what would be shown as itself', () => {
  assert.deepEqual(typedPaths('/etc/motd'), ['/etc/motd']);
  assert.deepEqual(typedPaths('/dev-disk\\x2d1.swap'), ['/dev-disk\\x2d1.swap']);
  assert.deepEqual(typedPaths('/caf\\xe9'), ['/caf\\xe9', '/caf\xe9']);
  assert.deepEqual(typedPaths('/é'), ['/\xc3\xa9']);
});
