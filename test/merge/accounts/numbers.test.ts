import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeNumber, rangesOf, spareNumber } from '../../../src/merge/accounts/number-ranges.ts';
import { keys, merge, pairs, row, rows } from './machine.ts';

const root = 'root:x:0:0::/root:/bin/sh';
const rootGroup = 'root:x:0:';

function machine(...accounts: readonly (readonly [name: string, uid: number, gid: number])[]) {
  return {
    passwd: rows(root, ...accounts.map(([name, uid, gid]) => `${name}:x:${uid}:${gid}::/:/bin/sh`)),
    group: rows(rootGroup, ...accounts.map(([name, , gid]) => `${name}:x:${gid}:`)),
  };
}

test('numbers of the image without an account are not handed to an account, where numbers change', () => {
  const base = machine(['svc', 101, 101]);
  const ours = machine(['svc', 101, 101], ['alice', 1000, 1000]);
  const owners = { theirs: { users: [0, 102, 1000, 5000], groups: [0, 1000] } };
  const result = merge({ base, ours, theirs: machine(['svc', 102, 102]), owners });
  assert.deepEqual(pairs(result.owners.theirs.users), [
    [102, 101],
    [1000, 65536],
  ]);
  assert.deepEqual(pairs(result.owners.theirs.groups), [
    [102, 101],
    [1000, 65536],
  ]);
  assert.deepEqual(pairs(result.owners.base.users), [[1000, 65536]], 'of base nothing is handed over either');
  assert.deepEqual(pairs(result.owners.ours.users), [], 'what belongs to alice here stays hers');
  assert.ok(keys(result).includes('account-unnamed:/etc/passwd'));
});

test('where no number changes the image is not walked', () => {
  const base = machine(['svc', 101, 101]);
  const ours = machine(['svc', 101, 101], ['alice', 1000, 1000]);
  const result = merge({ base, ours, theirs: machine(['svc', 101, 101], ['new', 102, 102]) });
  assert.deepEqual(result.walked, []);
});

test('a number whose account is nowhere any more is not handed to the account that has it now', () => {
  const result = merge({
    base: machine(['old', 105, 105]),
    ours: machine(),
    theirs: machine(['fresh', 105, 105]),
  });
  assert.equal(row(result, 'passwd', 'fresh')?.[2], '105');
  assert.deepEqual(pairs(result.owners.base.users), [[105, 65536]]);
  assert.deepEqual(pairs(result.owners.theirs.users), []);
});

test('only the number that collides moves; a user keeps its own where just its group has to go', () => {
  const result = merge({
    base: machine(),
    ours: { ...machine(), group: rows(rootGroup, 'mine:x:107:') },
    theirs: machine(['svc', 107, 107]),
  });
  assert.deepEqual(row(result, 'passwd', 'svc')?.slice(2, 4), ['107', '999']);
  assert.deepEqual(keys(result), ['account-moved:/etc/group']);
});

test('a user and a group of one number move together to one that is free for both', () => {
  const ours = machine(['mine', 107, 107], ['other', 999, 200], ['third', 201, 998]);
  const result = merge({ base: machine(), ours, theirs: machine(['svc', 107, 107]) });
  assert.deepEqual(row(result, 'passwd', 'svc')?.slice(2, 4), ['997', '997']);
});

test('the number of an account that only the backup here still has is not given away', () => {
  const files = { ...machine(), 'passwd-': rows(root, 'gone:x:1001:0::/:/bin/sh') };
  const result = merge({ base: machine(), ours: files, theirs: machine(['svc', 1001, 900]) });
  assert.equal(row(result, 'passwd', 'svc')?.[2], '1000');
  assert.deepEqual(row(result, 'passwd-', 'gone')?.[2], '1001');
  const same = merge({ base: machine(), ours: files, theirs: machine(['gone', 1001, 900]) });
  assert.equal(row(same, 'passwd', 'gone')?.[2], '1001', 'it is its own');
  assert.equal(same.etc['passwd-'], files['passwd-'], 'the backup has the row that was here');
});

test('ranges: login.defs before adduser.conf before the defaults; comments set nothing', () => {
  assert.deepEqual(rangesOf('users', '', ''), { system: [101, 999], ordinary: [1000, 60000] });
  const defs = '# UID_MIN 5\n#SYS_UID_MIN 7\nUID_MIN\t\t 500\nUID_MAX 600\r\nUID_MAX 700\nGID_MIN 1\n';
  const adduser = 'FIRST_SYSTEM_UID=100\nLAST_SYSTEM_UID="200"\nFIRST_UID=3\n';
  assert.deepEqual(rangesOf('users', defs, adduser), { system: [100, 200], ordinary: [500, 700] });
  assert.deepEqual(rangesOf('groups', 'SYS_GID_MAX 800\n', adduser), { system: [101, 800], ordinary: [1000, 60000] });
});

test('free numbers: from the other range where one is full, at last above both', () => {
  const ranges = { system: [3, 4], ordinary: [5, 6] } as const;
  const picked: number[] = [];
  while (picked.length < 5) picked.push(freeNumber(ranges, true, new Set(picked)));
  assert.deepEqual(picked, [4, 3, 5, 6, 65536]);
  assert.equal(freeNumber(ranges, false, new Set([5])), 6);
  assert.equal(spareNumber(new Set([65536, 65538])), 65537);
});

test('where groups share a number, the one that this machine knows a user in stays its primary group', () => {
  const files = (...groups: string[]) => ({
    passwd: rows(root, 'user:x:1000:990::/:/bin/sh'),
    group: rows(rootGroup, ...groups),
  });
  const twins = files('first:x:990:', 'second:x:990:');
  const result = merge({ base: twins, ours: files('second:x:990:'), theirs: twins });
  assert.deepEqual(result.etc, files('second:x:990:'), 'first was deleted and is needed by nobody');
});

test('a group that came to share the number of a primary group in the image does not take its place', () => {
  const files = (...groups: string[]) => ({
    passwd: rows(root, 'user:x:1000:990::/:/bin/sh'),
    group: rows(rootGroup, ...groups),
  });
  const ours = files('mine:x:990:', 'other:x:991:');
  const result = merge({ base: ours, ours, theirs: files('other:x:990:', 'mine:x:990:') });
  assert.deepEqual(row(result, 'passwd', 'user')?.[3], '990');
});
