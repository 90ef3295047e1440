import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  attributeDifferences,
  otherXattrNames,
  sameAttributes,
  sameEntry,
  sameInlineContent,
} from '../../src/domain/identity.ts';
import { entryOf } from './entry-of.ts';

test('case 3: neither time nor size nor inode is an attribute', () => {
  const touched = entryOf({
    mtime: { seconds: 9, nanoseconds: 9 },
    size: 7,
    inode: { device: 2, number: 3, links: 4 },
  });
  assert.deepEqual(attributeDifferences(entryOf(), touched), []);
});

test('entries are the same by type, attributes and content, which of files is compared elsewhere', () => {
  const link = entryOf({ type: 'symlink', target: 'a' });
  assert.equal(sameEntry(entryOf(), entryOf(), true), true);
  assert.equal(sameEntry(entryOf(), entryOf(), false), false);
  assert.equal(sameEntry(entryOf(), entryOf({ mode: 0o600 }), true), false);
  assert.equal(sameEntry(entryOf(), entryOf({ type: 'fifo' }), true), false);
  assert.equal(sameEntry(link, entryOf({ type: 'symlink', target: 'a' }), false), true);
  assert.equal(sameEntry(link, entryOf({ type: 'symlink', target: 'b' }), true), false);
});

test('case 42: a new SELinux label is no change', () => {
  const labelled = entryOf({ xattrs: { 'security.selinux': 'system_u:object_r:etc_t:s0\0' } });
  assert.equal(sameAttributes(entryOf(), labelled), true);
  assert.deepEqual(otherXattrNames(labelled), []);
});

test('case 36: each property differs by itself; ACLs with the mode, capabilities with the owner', () => {
  const changes: readonly (readonly [ReturnType<typeof entryOf>, string])[] = [
    [entryOf({ mode: 0o600 }), 'mode'],
    [entryOf({ mode: 0o4644 }), 'mode'],
    [entryOf({ xattrs: { 'system.posix_acl_access': 'x' } }), 'mode'],
    [entryOf({ xattrs: { 'system.posix_acl_default': 'x' } }), 'mode'],
    [entryOf({ uid: 1 }), 'owner'],
    [entryOf({ xattrs: { 'security.capability': 'x' } }), 'owner'],
    [entryOf({ gid: 1 }), 'group'],
    [entryOf({ flags: 0x10 }), 'flags'],
    [entryOf({ xattrs: { 'user.a': '' } }), 'xattr:user.a'],
  ];
  for (const [changed, name] of changes) {
    assert.deepEqual(attributeDifferences(entryOf(), changed), [name]);
    assert.deepEqual(attributeDifferences(changed, entryOf()), [name]);
  }
});

test('case 37: values of attributes are compared whole, NUL and length included', () => {
  const value = (bytes: string): ReturnType<typeof entryOf> => entryOf({ xattrs: { 'user.a': bytes } });
  assert.equal(sameAttributes(value('a\0b'), value('a\0c')), false);
  assert.equal(sameAttributes(value('a'), value('a\0')), false);
  assert.equal(sameAttributes(value(''), entryOf()), false);
  assert.equal(sameAttributes(value('a\0b'), value('a\0b')), true);
});

test('links are equal by their target, devices by their numbers', () => {
  const device = (major: number, minor: number): ReturnType<typeof entryOf> =>
    entryOf({ type: 'character', device: { major, minor } });
  const link = (target: string): ReturnType<typeof entryOf> => entryOf({ type: 'symlink', target });
  assert.deepEqual([sameInlineContent(link('a'), link('a')), sameInlineContent(link('a'), link('a/'))], [true, false]);
  assert.equal(sameInlineContent(device(1, 3), device(1, 3)), true);
  assert.equal(sameInlineContent(device(1, 3), device(3, 1)), false);
});
