import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../src/domain/entry.ts';
import { attributesOf, mergeAttributes } from '../../src/merge/attributes.ts';
import { entryOf } from '../domain/entry-of.ts';

type Changes = Parameters<typeof entryOf>[0];

const acl = 'system.posix_acl_access';
const capability = 'security.capability';

/** The merge of changes to one plain file, and what all sides have differently. */
function merge(ours: Changes, theirs: Changes, base: Changes | null = {}) {
  const { attributes, conflicts } = mergeAttributes(
    base === null ? null : entryOf(base),
    entryOf(ours),
    entryOf(theirs),
  );
  const xattrs = Object.fromEntries(attributes.xattrs.map(({ name, value }) => [name, value]));
  return { ...attributes, xattrs, conflicts };
}

test('case 32: each property that one side changed is that side’s', () => {
  const merged = merge({ mode: 0o600, flags: 0x40 }, { uid: 5, gid: 6, xattrs: { 'user.t': 't' } });
  const { mode, flags, uid, gid, xattrs, conflicts } = merged;
  assert.deepEqual({ mode, flags, uid, gid }, { mode: 0o600, flags: 0x40, uid: 5, gid: 6 });
  assert.deepEqual([xattrs, conflicts], [{ 'user.t': 't' }, []]);
});

test('case 35: a removed attribute stays removed, on either side', () => {
  const base = { xattrs: { 'user.a': '1', 'user.b': '2' } };
  assert.deepEqual(merge({ xattrs: { 'user.b': '2' } }, { xattrs: { 'user.a': '1' } }, base).xattrs, {});
});

test('what all sides have differently is ours, and named; theirs where that is chosen', () => {
  const [ours, theirs] = [entryOf({ mode: 0o600, gid: 1 }), entryOf({ mode: 0o640, gid: 2 })];
  const merged = mergeAttributes(entryOf(), ours, theirs);
  assert.deepEqual([merged.attributes.mode, merged.attributes.gid, merged.conflicts], [0o600, 1, ['mode', 'group']]);
  assert.deepEqual(mergeAttributes(entryOf(), ours, theirs, 'theirs').attributes, attributesOf(theirs));
});

test('an image that tightens a mode and a person who adds an ACL: one side’s mode with its own ACL', () => {
  const merged = merge({ mode: 0o664, xattrs: { [acl]: 'list' } }, { mode: 0o600 });
  assert.deepEqual([merged.mode, merged.xattrs, merged.conflicts], [0o664, { [acl]: 'list' }, ['mode']]);
  const onlyAcl = merge({ xattrs: { [acl]: 'list' } }, { mode: 0o600 });
  assert.deepEqual([onlyAcl.mode, onlyAcl.xattrs], [0o644, { [acl]: 'list' }]);
});

test('case 34: a privilege never meets an owner it was not given with', () => {
  const chown = merge({ uid: 1000, mode: 0o4755 }, { mode: 0o4711 }, { mode: 0o4755 });
  assert.deepEqual([chown.uid, chown.mode], [1000, 0o4711]);
  const setuidThere = merge({ uid: 1000, gid: 1000 }, { mode: 0o6755 });
  assert.deepEqual([setuidThere.uid, setuidThere.mode, setuidThere.conflicts], [1000, 0o755, ['owner']]);
  const capable = merge({ gid: 7 }, { xattrs: { [capability]: 'c' } });
  assert.deepEqual([capable.gid, capable.xattrs, capable.conflicts], [7, {}, ['owner']]);
});

test('case 36: a capability that one side alone added arrives', () => {
  assert.deepEqual(merge({}, { xattrs: { [capability]: 'c' } }).xattrs, { [capability]: 'c' });
  assert.deepEqual(merge({ xattrs: { [capability]: 'c' } }, { mode: 0o600 }).xattrs, { [capability]: 'c' });
});

test('setgid on a directory is inheritance and goes with its mode', () => {
  const directory = (changes: Changes): Entry => entryOf({ type: 'directory', ...changes });
  const { attributes, conflicts } = mergeAttributes(
    directory({ mode: 0o755 }),
    directory({ mode: 0o2755 }),
    directory({ mode: 0o755, gid: 5 }),
  );
  assert.deepEqual([attributes.mode, attributes.gid, conflicts], [0o2755, 5, []]);
});

test('case 28: without a base, what both sides agree on stands, and of the rest ours', () => {
  const merged = merge({ mode: 0o600, xattrs: { 'user.a': '1' } }, { mode: 0o600, xattrs: { 'user.b': '1' } }, null);
  assert.deepEqual([merged.mode, merged.xattrs], [0o600, { 'user.a': '1' }]);
  assert.deepEqual(merged.conflicts, ['xattr:user.a', 'xattr:user.b']);
});

test('case 41: the label is theirs where theirs has one', () => {
  const label = 'security.selinux';
  assert.deepEqual(merge({ xattrs: { [label]: 'o' } }, { xattrs: { [label]: 't' } }).xattrs, { [label]: 't' });
  assert.deepEqual(merge({ xattrs: { [label]: 'o' } }, {}).xattrs, { [label]: 'o' });
});

test('merging is the table: alike on both sides is that, whatever base had', () => {
  const same = { mode: 0o700, uid: 9, flags: 0x80, xattrs: { 'user.a': 'x' } };
  const merged = merge(same, same, { xattrs: { 'user.a': 'old', 'user.gone': '' } });
  assert.deepEqual([merged.mode, merged.uid, merged.flags, merged.xattrs], [0o700, 9, 0x80, { 'user.a': 'x' }]);
  assert.deepEqual(merged.conflicts, []);
});
