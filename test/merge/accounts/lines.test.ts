import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, linesIn, merge, row, rows } from './machine.ts';

const root = 'root:x:0:0:root:/root:/bin/bash';
const rootGroup = 'root:x:0:';
const base = { passwd: rows(root), group: rows(rootGroup) };

test('lines of NIS, comments, blank and malformed lines stay where they are, behind all rows if they were', () => {
  const odd = ['# local', root, '', 'broken', 'x:x:abc:0::/:', '+@admins::::::', '-evil::::::', '+::::::/bin/sh'];
  const ours = { ...base, passwd: rows(...odd) };
  const theirs = { ...base, passwd: rows(root, '# image', 'svc:x:900:0::/:/bin/sh', '+::::::') };
  const result = merge({ base, ours, theirs });
  assert.deepEqual(linesIn(result, 'passwd'), [
    ...odd.slice(0, 2),
    'svc:x:900:0::/:/bin/sh',
    ...odd.slice(2),
    '# image',
    '+::::::',
  ]);
});

test('a line that is no row goes where the image removed it, and stays away where this machine did', () => {
  const files = (...lines: string[]) => ({ ...base, passwd: rows(root, ...lines) });
  const removed = { base: files('+:a', '+:b'), ours: files('+:a', '+:b', '+:c'), theirs: files('+:b') };
  assert.deepEqual(linesIn(merge(removed), 'passwd'), [root, '+:b', '+:c']);
  const here = { base: files('+:a', '+:b'), ours: files('+:b'), theirs: files('+:a', '+:b') };
  assert.deepEqual(linesIn(merge(here), 'passwd'), [root, '+:b']);
});

test('a malformed second row of the image does not come, so that what was deleted here stays deleted', () => {
  const image = { passwd: rows(root), group: rows(rootGroup, 'gone:x:50:', 'gone:') };
  const ours = { passwd: rows(root), group: rows(rootGroup) };
  const first = merge({ base: { ...image, group: rows(rootGroup, 'gone:x:50:') }, ours, theirs: image });
  assert.deepEqual(linesIn(first, 'group'), [rootGroup]);
  assert.deepEqual(linesIn(merge({ base: image, ours: first.etc, theirs: image }), 'group'), [rootGroup]);
});

test('of several rows of one name the first stays, and an item tells', () => {
  const ours = { ...base, passwd: rows(root, 'a:x:5:0::/1:', 'a:x:6:0::/2:', 'a:x:5:0::/1:') };
  const result = merge({ base, ours, theirs: base });
  assert.deepEqual(linesIn(result, 'passwd'), [root, 'a:x:5:0::/1:']);
  assert.deepEqual(keys(result), ['account-repeated:/etc/passwd']);
});

test('CRLF and a missing last newline are put up with', () => {
  const ours = { ...base, passwd: `${root}\r\nalice:x:1000:0::/:/bin/sh` };
  const theirs = { ...base, passwd: `${root}\nsvc:x:900:0::/:/bin/sh` };
  assert.deepEqual(linesIn(merge({ base, ours, theirs }), 'passwd'), [
    root,
    'alice:x:1000:0::/:/bin/sh',
    'svc:x:900:0::/:/bin/sh',
  ]);
});

test('rows with fewer fields than they should have are merged, bytes that are not UTF-8 kept', () => {
  const short = 'old:x:77:0';
  const ours = { ...base, passwd: rows(root, short, 'j\xf6rg:x:1000:0:J\xf6rg \xff:/home/j:/bin/sh') };
  const result = merge({
    base: { ...base, passwd: rows(root, short) },
    ours,
    theirs: { ...base, passwd: rows(root, 'old:x:77:0::/:/bin/sh') },
  });
  assert.deepEqual(linesIn(result, 'passwd'), [
    root,
    'old:x:77:0::/:/bin/sh',
    'j\xf6rg:x:1000:0:J\xf6rg \xff:/home/j:/bin/sh',
  ]);
});

test('a deleted account stays deleted, unless something in the image belongs to it', () => {
  const full = {
    passwd: rows(root, 'games:x:5:60::/:/bin/sh'),
    shadow: rows('root:*:1::::::', 'games:*:1::::::'),
    group: rows(rootGroup, 'games:x:60:', 'tape:x:26:games'),
  };
  const ours = { passwd: rows(root), shadow: rows('root:*:1::::::'), group: rows(rootGroup, 'tape:x:26:') };
  const gone = merge({ base: full, ours, theirs: { ...full, passwd: `${full.passwd}svc:x:900:0::/:/bin/sh\n` } });
  assert.equal(row(gone, 'passwd', 'games'), undefined);
  assert.equal(row(gone, 'shadow', 'games'), undefined);
  assert.deepEqual(linesIn(gone, 'group'), linesIn({ etc: ours }, 'group'));
  assert.deepEqual(keys(gone), []);
  const needed = merge({ base: full, ours, theirs: full, owners: { theirs: { users: [0, 5] } } });
  assert.deepEqual(row(needed, 'passwd', 'games'), 'games:x:5:60::/:/bin/sh'.split(':'));
  assert.deepEqual(row(needed, 'shadow', 'games'), 'games:*:1::::::'.split(':'));
  assert.deepEqual(linesIn(needed, 'group'), [rootGroup, 'tape:x:26:', 'games:x:60:'], 'its primary group comes along');
  assert.deepEqual(keys(needed), ['account-needed:/etc/passwd', 'account-needed:/etc/group']);
});

test('a deleted account that shares its number with another is not needed for the files', () => {
  const twins = { ...base, passwd: rows(root, 'toor:x:0:0::/:/bin/sh') };
  const machine = { base: twins, ours: base, theirs: { ...twins, group: rows(rootGroup, 'web:x:33:') } };
  assert.deepEqual(linesIn(merge({ ...machine, owners: { theirs: { users: [0] } } }), 'passwd'), [root]);
});

test('an account that left the image stays, with its groups', () => {
  const full = { passwd: rows(root, 'old:x:105:0::/:/bin/sh'), group: rows(rootGroup, 'ssl:x:106:old', 'old:x:105:') };
  const result = merge({
    base: full,
    ours: full,
    theirs: { passwd: rows(root), group: rows(rootGroup, 'ssl:x:106:') },
  });
  assert.deepEqual(result.etc, full);
  assert.deepEqual(keys(result), []);
});

test('members of groups are merged as sets', () => {
  const files = (...members: string[]) => ({
    passwd: rows(root, ...'abcdef'.split('').map((name, index) => `${name}:x:${1000 + index}:0::/:/bin/sh`)),
    group: rows(rootGroup, `wheel:x:10:${members.join(',')}`),
  });
  const result = merge({ base: files('a', 'b', 'c'), ours: files('d', 'c', 'a'), theirs: files('a', 'b', 'e') });
  assert.deepEqual(row(result, 'group', 'wheel')?.[3], 'd,a,e');
});

test('an account that both sides added has the number and the fields of this machine', () => {
  const files = (number: number, shell: string, hash: string) => ({
    passwd: rows(root, `svc:x:${number}:0::/:${shell}`),
    shadow: rows('root:*:1::::::', `svc:${hash}:1::::::`),
    group: rows(rootGroup),
  });
  const empty = { ...base, shadow: rows('root:*:1::::::') };
  const result = merge({ base: empty, ours: files(110, '/bin/sh', '$y$1'), theirs: files(105, '/bin/false', '!') });
  assert.deepEqual(result.etc, files(110, '/bin/sh', '$y$1'));
  assert.deepEqual(keys(result), ['account-number:/etc/passwd', 'account-conflict:/etc/passwd:svc']);
});

test('the password of a machine without shadow moves into the shadow that the image has', () => {
  const ours = { passwd: rows('root:$y$r:0:0::/root:/bin/sh', 'bob:$y$b:1000:0::/:/bin/sh'), group: rows(rootGroup) };
  const theirs = {
    passwd: rows('root:x:0:0::/root:/bin/sh'),
    shadow: rows('root:*:9::::::'),
    group: rows(rootGroup),
    gshadow: rows('root:*::'),
  };
  const old = { ...ours, passwd: rows('root:*:0:0::/root:/bin/sh') };
  const result = merge({ base: old, ours, theirs });
  assert.deepEqual(linesIn(result, 'passwd'), ['root:x:0:0::/root:/bin/sh', 'bob:x:1000:0::/:/bin/sh']);
  assert.deepEqual(
    linesIn(result, 'shadow').map((line) => line.split(':').slice(0, 2)),
    [
      ['root', '$y$r'],
      ['bob', '$y$b'],
    ],
  );
  assert.deepEqual(linesIn(result, 'gshadow'), ['root:*::']);
});

test('a primary group that no row names gets one; where there is no group database nothing is made up', () => {
  const ours = { ...base, passwd: rows(root, 'bob:x:1000:1000::/:/bin/sh', 'eve:x:1001:1000::/:/bin/sh') };
  const result = merge({ base, ours, theirs: base });
  assert.deepEqual(linesIn(result, 'group'), [rootGroup, 'bob:x:1000:']);
  assert.deepEqual(keys(result), ['account-group-made:/etc/group']);
  const only = { passwd: rows(root, 'bob:x:1000:1000::/:/bin/sh') };
  assert.deepEqual(merge({ base: only, ours: only, theirs: { passwd: rows(root) } }).etc, only);
});

test('an untouched machine has the files of the image as they stand, where no number moves', () => {
  const machine = { base: { ...base, 'passwd-': '' }, ours: { ...base, 'passwd-': '' } };
  const theirs = { passwd: rows('svc:x:900:0::/:/bin/sh', root), group: rows(rootGroup), 'passwd-': rows(root) };
  const result = merge({ ...machine, theirs });
  assert.deepEqual(result.decided, []);
  assert.deepEqual(result.walked, []);
});

test('trees without accounts, or without some of the files, are no reason to fail', () => {
  assert.deepEqual(merge({ base: {}, ours: {}, theirs: {} }).decided, []);
  assert.deepEqual(merge({ base: {}, ours: { shadow: 'root:*:1::::::\n' }, theirs: {} }).decided, []);
  assert.deepEqual(merge({ base: {}, ours: base, theirs: {} }).etc, base);
  assert.deepEqual(merge({ base: {}, ours: {}, theirs: base }).etc, base);
  assert.deepEqual(merge({ base, ours: { passwd: base.passwd }, theirs: { group: base.group } }).etc, base);
});

test('an account whose row is damaged here was not deleted: it comes from the image, and the line stays', () => {
  const svc = 'svc:x:900:0::/:/bin/sh';
  const full = { ...base, passwd: rows(root, svc) };
  const result = merge({ base: full, ours: { ...base, passwd: rows(root, 'svc:x:9o0:0::/:') }, theirs: full });
  assert.deepEqual(linesIn(result, 'passwd'), [root, svc, 'svc:x:9o0:0::/:']);
});

test('the date of the last password change goes with the password', () => {
  const files = (hash: string, date: number) => ({ ...base, shadow: rows(`root:${hash}:${date}::::::`) });
  const changed = { base: files('!', 19000), ours: files('$y$mine', 19000), theirs: files('!', 19500) };
  assert.deepEqual(linesIn(merge(changed), 'shadow'), ['root:$y$mine:19000::::::']);
  const expired = { base: files('!', 19000), ours: files('!', 0), theirs: files('!', 19500) };
  const result = merge(expired);
  assert.deepEqual(linesIn(result, 'shadow'), ['root:!:0::::::']);
  assert.deepEqual(keys(result), []);
});

test('an account that was deleted here joins no group of the image', () => {
  const full = { passwd: rows(root, 'games:x:5:0::/:'), group: rows(rootGroup, 'tape:x:26:', 'audio:x:29:') };
  const theirs = { ...full, group: rows(rootGroup, 'tape:x:26:games,ldap', 'audio:x:29:', 'new:x:30:games') };
  const result = merge({ base: full, ours: { ...full, passwd: rows(root) }, theirs });
  assert.deepEqual(linesIn(result, 'group'), [rootGroup, 'tape:x:26:ldap', 'audio:x:29:', 'new:x:30:']);
});

test('a group that left the image keeps its members', () => {
  const full = { passwd: rows(root, 'a:x:900:0::/:'), group: rows(rootGroup, 'tape:x:26:a') };
  const result = merge({ base: full, ours: full, theirs: { ...full, group: rows(rootGroup) } });
  assert.deepEqual(result.etc, full);
});

test('where the accounts here are damaged, those of the image have the numbers that they had here', () => {
  const numbered = (number: number) => ({ ...base, passwd: rows(root, `svc:x:${number}:0::/:`) });
  const result = merge({ base: numbered(101), ours: { ...base, passwd: 'rubbish\n' }, theirs: numbered(102) });
  assert.deepEqual(linesIn(result, 'passwd'), [root, 'svc:x:101:0::/:']);
  assert.ok(keys(result).includes('account-damaged:/etc/passwd'));
});
