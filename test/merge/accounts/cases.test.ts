import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, linesIn, merge, pairs, row, rows } from './machine.ts';

const root = 'root:x:0:0:root:/root:/bin/bash';
const rootGroup = 'root:x:0:';

test('case 43: a password set here and a primary group changed in the image are both in the result', () => {
  const base = {
    passwd: rows(root, 'svc:x:900:900::/srv:/bin/sh'),
    shadow: rows('root:*:19000:0:99999:7:::', 'svc:!:19000:0:99999:7:::'),
    group: rows(rootGroup, 'svc:x:900:', 'web:x:901:'),
  };
  const result = merge({
    base,
    ours: { ...base, shadow: rows('root:*:19000:0:99999:7:::', 'svc:$y$mine:20000:0:99999:7:::') },
    theirs: {
      ...base,
      passwd: rows(root, 'svc:x:900:901:Service:/srv:/usr/sbin/nologin'),
      shadow: rows('root:*:19500:0:99999:7:::', 'svc:!:19500:0:99999:14:::'),
    },
  });
  assert.deepEqual(linesIn(result, 'passwd'), [root, 'svc:x:900:901:Service:/srv:/usr/sbin/nologin']);
  assert.deepEqual(linesIn(result, 'shadow'), ['root:*:19500:0:99999:7:::', 'svc:$y$mine:20000:0:99999:14:::']);
  assert.deepEqual(keys(result), []);
  assert.deepEqual(result.walked, []);
});

test('case 43: a field that both sides changed stays as it is here, and the item shows no hash', () => {
  const files = (shell: string, hash: string) => ({
    passwd: rows(root, `svc:x:900:0::/srv:${shell}`),
    shadow: rows('root:*:1::::::', `svc:${hash}:1::::::`),
    group: rows(rootGroup),
  });
  const result = merge({
    base: files('/bin/sh', '$y$base'),
    ours: files('/bin/zsh', '$y$ours'),
    theirs: files('/bin/dash', '$y$theirs'),
  });
  assert.equal(row(result, 'passwd', 'svc')?.[6], '/bin/zsh');
  assert.equal(row(result, 'shadow', 'svc')?.[1], '$y$ours');
  assert.deepEqual(keys(result), ['account-conflict:/etc/passwd:svc', 'account-conflict:/etc/shadow:svc']);
  assert.ok(result.items.every(({ severity, blocks }) => severity === 'warning' && blocks === 'nothing'));
  assert.match(result.items[1]?.title ?? '', /changed here and in the image, differently: password$/);
  assert.doesNotMatch(JSON.stringify(result.items), /\$y\$/);
});

const system = {
  passwd: rows(root, 'daemon:x:1:1::/:/usr/sbin/nologin'),
  shadow: rows('root:*:1::::::', 'daemon:*:1::::::'),
  group: rows(rootGroup, 'daemon:x:1:', 'video:x:44:'),
  gshadow: rows('root:*::', 'daemon:*::', 'video:*::'),
};

const withAlice = {
  passwd: `${system.passwd}alice:x:1000:1000::/home/alice:/bin/bash\n`,
  shadow: `${system.shadow}alice:$y$a:2::::::\n`,
  group: rows(rootGroup, 'daemon:x:1:', 'video:x:44:alice', 'alice:x:1000:'),
  gshadow: rows('root:*::', 'daemon:*::', 'video:*::alice', 'alice:!::'),
};

function withService(number: number) {
  return {
    passwd: `${system.passwd}svc:x:${number}:${number}::/:/usr/sbin/nologin\n`,
    shadow: `${system.shadow}svc:!:3::::::\n`,
    group: rows(rootGroup, 'daemon:x:1:', 'video:x:44:svc', `svc:x:${number}:`),
    gshadow: rows('root:*::', 'daemon:*::', 'video:*::svc', 'svc:!::'),
  };
}

test('case 44: the user added here and the service added by the image are both there', () => {
  const result = merge({ base: system, ours: withAlice, theirs: withService(998) });
  assert.deepEqual(linesIn(result, 'passwd'), [
    ...linesIn({ etc: withAlice }, 'passwd'),
    'svc:x:998:998::/:/usr/sbin/nologin',
  ]);
  assert.deepEqual(linesIn(result, 'group').slice(2), ['video:x:44:alice,svc', 'alice:x:1000:', 'svc:x:998:']);
  assert.deepEqual(linesIn(result, 'gshadow').slice(2), ['video:*::alice,svc', 'alice:!::', 'svc:!::']);
  assert.deepEqual(row(result, 'shadow', 'svc'), 'svc:!:3::::::'.split(':'));
  assert.deepEqual(result.walked, [], 'nothing moves, so no tree is walked');
});

test('case 45: a service of the image whose numbers are taken here moves, with its group, and its files follow', () => {
  const machine = { base: system, ours: withAlice, theirs: withService(1000) };
  const result = merge({ ...machine, owners: { ours: { users: [1001] }, theirs: { groups: [1002] } } });
  assert.deepEqual(row(result, 'passwd', 'alice')?.slice(2, 4), ['1000', '1000']);
  assert.deepEqual(
    row(result, 'passwd', 'svc')?.slice(2, 4),
    ['1003', '1003'],
    'free for user and group, and ownerless',
  );
  assert.equal(row(result, 'group', 'svc')?.[2], '1003');
  assert.deepEqual(pairs(result.owners.theirs.users), [[1000, 1003]]);
  assert.deepEqual(pairs(result.owners.theirs.groups), [[1000, 1003]]);
  assert.deepEqual(pairs(result.owners.ours.users), []);
  assert.deepEqual(keys(result), ['account-moved:/etc/passwd', 'account-moved:/etc/group']);
  assert.match(result.items[0]?.title ?? '', /: svc 1000 to 1003$/);
});

test('case 45: a system account moves to the highest free number of the system range', () => {
  const taken = (name: string, number: number) => ({
    passwd: `${system.passwd}${name}:x:${number}:1::/:/bin/sh\n`,
    shadow: `${system.shadow}${name}:!:3::::::\n`,
    group: system.group,
    gshadow: system.gshadow,
  });
  const machine = { base: system, ours: taken('mine', 999), theirs: taken('svc', 999) };
  assert.equal(row(merge(machine), 'passwd', 'svc')?.[2], '998');
  const defs = { 'login.defs': 'UID_MIN 500\nSYS_UID_MAX   499\n' };
  const low = { base: system, ours: taken('mine', 400), theirs: { ...taken('svc', 400), ...defs } };
  assert.equal(row(merge(low), 'passwd', 'svc')?.[2], '499');
});

test('case 46: where the primary group of a user collides there is still one row of it', () => {
  const files = (...groups: string[]) => ({
    passwd: rows(root, 'svc:x:900:105::/:/bin/sh'),
    shadow: rows('root:*:1::::::', 'svc:!:1::::::'),
    group: rows(rootGroup, ...groups),
  });
  const base = files('svc:x:105:');
  const ours = {
    ...files('svc:x:106:', 'mine:x:105:'),
    passwd: rows(root, 'svc:x:900:106::/:/bin/sh'),
  };
  const result = merge({ base, ours, theirs: base });
  assert.deepEqual(row(result, 'passwd', 'svc'), 'svc:x:900:106::/:/bin/sh'.split(':'));
  assert.deepEqual(linesIn(result, 'group'), [rootGroup, 'svc:x:106:', 'mine:x:105:']);
  assert.deepEqual(pairs(result.owners.theirs.groups), [[105, 106]], 'files of svc do not go to mine');
  assert.deepEqual(pairs(result.owners.base.groups), [[105, 106]]);
});

test('case 47: one name with two numbers keeps the number of this machine; numbers may swap', () => {
  const numbered = (a: number, b: number) => ({
    passwd: rows(root, `a:x:${a}:0::/:/bin/sh`, `b:x:${b}:0::/:/bin/sh`),
    group: rows(rootGroup, `a:x:${a}:`, `b:x:${b}:`),
  });
  const result = merge({ base: numbered(101, 102), ours: numbered(101, 102), theirs: numbered(102, 101) });
  assert.deepEqual(result.etc, numbered(101, 102));
  assert.deepEqual(pairs(result.owners.theirs.users), [
    [101, 102],
    [102, 101],
  ]);
  assert.deepEqual(pairs(result.owners.theirs.groups), pairs(result.owners.theirs.users));
  assert.deepEqual(keys(result), ['account-number:/etc/passwd', 'account-number:/etc/group']);
});

test('case 48: names that share a number on one side still share it, and no other two do', () => {
  const base = { passwd: rows(root), group: rows(rootGroup) };
  const toor = 'toor:x:0:0:rescue:/root:/bin/sh';
  const twins = (number: number) => rows(root, `one:x:${number}:0::/:/bin/sh`, `two:x:${number}:0::/:/bin/sh`);
  const result = merge({
    base,
    ours: { ...base, passwd: rows(root, toor, 'mine:x:800:0::/:/bin/sh') },
    theirs: { ...base, passwd: twins(800) },
  });
  assert.deepEqual(
    ['root', 'toor', 'mine', 'one', 'two'].map((name) => row(result, 'passwd', name)?.[2]),
    ['0', '0', '800', '999', '999'],
  );
  const joined = merge({
    base,
    ours: { ...base, passwd: rows(root, 'one:x:700:0::/:/bin/sh') },
    theirs: { ...base, passwd: twins(800) },
  });
  assert.deepEqual([row(joined, 'passwd', 'one')?.[2], row(joined, 'passwd', 'two')?.[2]], ['700', '700']);
  const theirs = merge({ base, ours: base, theirs: { ...base, passwd: rows(root, toor) } });
  assert.deepEqual(linesIn(theirs, 'passwd'), [root, toor]);
});

test('case 49: rows of shadow and gshadow without an account are left out, and no account is without its row', () => {
  const base = system;
  const ours = {
    ...system,
    shadow: `${system.shadow}ghost:$y$g:1::::::\n`,
    gshadow: rows('root:*::', 'video:*::', 'svc:!::ghost'),
  };
  const result = merge({ base, ours, theirs: withService(998) });
  assert.deepEqual(
    linesIn(result, 'shadow').map((line) => line.split(':')[0]),
    ['root', 'daemon', 'svc'],
  );
  assert.deepEqual(linesIn(result, 'gshadow').toSorted(), ['daemon:*::', 'root:*::', 'svc:!::', 'video:*::svc']);
  assert.deepEqual(keys(result), ['account-orphan:/etc/shadow', 'account-orphan:/etc/gshadow']);
  const bare = merge({
    base,
    ours: { ...system, shadow: rows('root:*:1::::::') },
    theirs: { ...system, shadow: rows('root:*:1::::::') },
  });
  assert.deepEqual(row(bare, 'shadow', 'daemon'), 'daemon:!:::::::'.split(':'), 'a locked row is made');
});

test('case 50: root is never lost', () => {
  const without = (content: string) => content.replace(/^root:.*\n/m, '');
  const ours = {
    passwd: without(system.passwd),
    shadow: without(system.shadow),
    group: without(system.group),
    gshadow: without(system.gshadow),
  };
  const result = merge({ base: system, ours, theirs: system });
  assert.deepEqual(result.etc, system);
  assert.ok(keys(result).includes('account-root:/etc/passwd'));
  const emptied = merge({ base: system, ours: { passwd: '', shadow: '', group: '\n' }, theirs: system });
  assert.deepEqual(linesIn(emptied, 'passwd'), linesIn({ etc: system }, 'passwd'));
  assert.deepEqual(linesIn(emptied, 'shadow'), linesIn({ etc: system }, 'shadow'));
  assert.ok(keys(emptied).includes('account-damaged:/etc/passwd'));
});

test('case 50: root comes back with number 0, whoever has that number here', () => {
  const ours = { ...system, passwd: system.passwd.replace('root:x', 'admin:x'), shadow: system.shadow };
  const result = merge({ base: system, ours, theirs: system });
  assert.deepEqual(row(result, 'passwd', 'root'), root.split(':'));
  assert.equal(row(result, 'passwd', 'admin')?.[2], '0');
  assert.equal(linesIn(result, 'passwd')[0], root);
});

test('case 50: all files and their backups are one unit', () => {
  const backups = Object.fromEntries(Object.entries(system).map(([name, content]) => [`${name}-`, content]));
  const result = merge({
    base: { ...system, ...backups },
    ours: { ...withAlice, ...backups },
    theirs: { ...withService(1000), ...backups },
  });
  assert.deepEqual(result.decided.toSorted(), [
    'group',
    'group-',
    'gshadow',
    'gshadow-',
    'passwd',
    'passwd-',
    'shadow',
    'shadow-',
  ]);
  assert.equal(row(result, 'passwd-', 'alice'), undefined, 'it is the state before the last change here');
  assert.deepEqual(row(result, 'passwd-', 'svc'), row(result, 'passwd', 'svc'));
  assert.deepEqual(row(result, 'shadow-', 'svc'), row(result, 'shadow', 'svc'));
  assert.deepEqual(row(result, 'group-', 'svc'), row(result, 'group', 'svc'));
  assert.deepEqual(row(result, 'gshadow-', 'svc'), row(result, 'gshadow', 'svc'));
});
