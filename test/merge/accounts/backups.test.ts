import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesIn, merge, rows } from './machine.ts';

const root = 'root:x:0:0::/root:/bin/sh';
const rootGroup = 'root:x:0:';
const base = { passwd: rows(root), group: rows(rootGroup) };
const bob = 'bob:x:1000:1000::/home/bob:/bin/sh';
const withBob = { passwd: rows(root, bob), group: rows(rootGroup, 'bob:x:1000:') };
const theirs = { passwd: rows(root, 'svc:x:1000:1000::/:/bin/sh'), group: rows(rootGroup, 'svc:x:1000:') };

test('case 50: a backup stays as it is here, with the newcomers of the image', () => {
  const zsh = bob.replace('/bin/sh', '/bin/zsh');
  const ours = { ...withBob, 'passwd-': rows('# before', root, zsh, '+::::::') };
  const result = merge({ base, ours, theirs: { ...theirs, 'passwd-': rows('svc:x:1000:1000::/:') } });
  const svc = linesIn(result, 'passwd').at(-1);
  assert.equal(svc, 'svc:x:1001:1001::/:/bin/sh');
  assert.deepEqual(linesIn(result, 'passwd-'), ['# before', root, zsh, svc, '+::::::']);
});

test('case 50: a backup from before a change of numbers has the numbers of now', () => {
  const ours = {
    ...withBob,
    'passwd-': rows(root, 'bob:x:1500:1600::/home/bob:/bin/sh'),
    'group-': rows(rootGroup, 'bob:x:1600:'),
  };
  const result = merge({ base, ours, theirs });
  assert.deepEqual(linesIn(result, 'passwd-'), [root, bob, 'svc:x:1001:1001::/:/bin/sh']);
  assert.deepEqual(linesIn(result, 'group-'), [rootGroup, 'bob:x:1000:', 'svc:x:1001:']);
});

test('case 50: a backup that cannot be restored, or that only the image has, becomes like the file', () => {
  const torn = merge({ base, ours: { ...withBob, 'passwd-': 'ro' }, theirs });
  assert.equal(torn.etc['passwd-'], torn.etc['passwd']);
  const added = merge({ base, ours: withBob, theirs: { ...theirs, 'group-': rows('svc:x:7:') } });
  assert.equal(added.etc['group-'], added.etc['group']);
});

test('case 50: a backup that was deleted here stays deleted, and none is made', () => {
  const backup = { 'passwd-': rows(root) };
  const result = merge({ base: { ...base, ...backup }, ours: withBob, theirs: { ...theirs, ...backup } });
  assert.deepEqual(Object.keys(result.etc), ['passwd', 'group']);
});
