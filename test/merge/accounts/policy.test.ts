import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, linesIn, merge, pairs, rows } from './machine.ts';

const root = 'root:x:0:0::/root:/bin/sh';
const rootGroup = 'root:x:0:';
const base = {
  passwd: rows(root, 'svc:x:101:101::/:'),
  shadow: rows('root:*:1::::::', 'svc:!:1::::::'),
  group: rows(rootGroup, 'svc:x:101:'),
};
const ours = { ...base, passwd: `${base.passwd}alice:x:1000:1000::/:/bin/sh\n`, group: `${base.group}alice:x:1000:\n` };
const theirs = {
  ...base,
  passwd: rows(root, 'svc:x:102:102::/:', 'guest:x:1000:100::/:'),
  group: rows(rootGroup, 'svc:x:102:', 'users:x:100:'),
};

test('accounts that the policy leaves to the image: the owners follow by name, and nobody gets what is not theirs', () => {
  const ignore = { verb: 'ignore', strategy: 'accounts' } as const;
  const result = merge({ base, ours, theirs, policy: { passwd: ignore, shadow: ignore, group: ignore } });
  assert.deepEqual(result.etc, theirs);
  assert.deepEqual(pairs(result.owners.ours.users), [
    [101, 102],
    [1000, 65536],
  ]);
  assert.deepEqual(pairs(result.owners.ours.groups), [[101, 102]]);
  assert.deepEqual(pairs(result.owners.base.users), [[101, 102]]);
  assert.deepEqual(pairs(result.owners.theirs.users), []);
});

test('accounts that a rule has copied whole: the owners of the image follow', () => {
  const copy = { verb: 'persist', strategy: 'copy' } as const;
  const result = merge({ base, ours, theirs, policy: { passwd: copy, shadow: copy, group: copy } });
  assert.deepEqual(result.decided, []);
  assert.deepEqual(pairs(result.owners.theirs.users), [
    [102, 101],
    [1000, 65536],
  ]);
});

test('one file that a rule takes away goes its own way, and the others are merged for what it will be', () => {
  const backup = { ...ours, 'group-': rows(rootGroup) };
  const policy = { shadow: { verb: 'ignore' }, 'group-': { verb: 'ignore' } } as const;
  const result = merge({ base, ours: backup, theirs, policy });
  assert.deepEqual(result.decided, ['passwd', 'group']);
  assert.equal(result.etc['shadow'], theirs.shadow);
  const groups = merge({ base, ours, theirs, policy: { group: { verb: 'ignore' } } });
  assert.deepEqual(groups.decided, ['passwd', 'shadow']);
  assert.deepEqual(pairs(groups.owners.ours.groups), [[101, 102]]);
  assert.deepEqual(pairs(groups.owners.theirs.users), [
    [102, 101],
    [1000, 1001],
  ]);
  assert.equal(linesIn(groups, 'passwd')[1], 'svc:x:101:102::/:');
});

test('what is no readable file is not merged, and an item tells', () => {
  const result = merge({ base, ours: { ...ours, shadow: null }, theirs });
  assert.deepEqual(result.decided, ['passwd', 'group']);
  assert.deepEqual(keys(result).slice(0, 1), ['account-file:/etc/shadow']);
  const unit = merge({ base, ours: { ...ours, passwd: null }, theirs });
  assert.deepEqual(unit.decided, ['group'], 'whose lines conflict: who is who depends on the answer');
  assert.deepEqual([keys(unit)[0], keys(unit).at(-1)], ['account-file:/etc/passwd', 'content:/etc/group']);
});
