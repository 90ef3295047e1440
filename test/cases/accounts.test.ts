import assert from 'node:assert/strict';
import { test } from 'node:test';
import { imageOf } from '../merge/accounts/debian.ts';
import { decisionOf, decisions, itemKeys, itemOf, migrated, planned } from './migration.ts';
import { directory, file, type Tree } from './trees.ts';

const root = 'root:x:0:0:root:/root:/bin/bash\n';

/** The account files of an image, with the owners and modes that Debian gives them. */
function etc(files: Readonly<Record<string, string>>): Tree {
  const secret = (name: string) => /^g?shadow-?$/.test(name);
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => [
      `/etc/${name}`,
      file(content, secret(name) ? { mode: 0o640, owner: [0, 42] } : { mode: 0o644 }),
    ]),
  );
}

const bookworm = imageOf('bookworm');
const trixie = imageOf('trixie');
const alice = {
  ...bookworm,
  passwd: `${bookworm['passwd']}alice:x:1000:1000::/home/alice:/bin/bash\n`,
  shadow: `${bookworm['shadow']}alice:$y$a:20000:0:99999:7:::\n`,
  group: `${bookworm['group']}alice:x:1000:\n`,
  gshadow: `${bookworm['gshadow']}alice:!::\n`,
};

const imageFiles = (
  numbers: { crontab: number; chrony: readonly [number, number]; postfix: number },
  text: string,
): Tree => ({
  '/usr/bin/crontab': file(text, { mode: 0o2755, owner: [0, numbers.crontab] }),
  '/var/lib/chrony': directory({ mode: 0o750, owner: numbers.chrony }),
  '/var/lib/chrony/drift': file('0 0\n', { mode: 0o644, owner: numbers.chrony }),
  '/var/spool/postfix/public': directory({
    mode: 0o710,
    owner: [numbers.postfix, 0],
    acl: `u:${numbers.chrony[0]}:rx`,
  }),
});

const before = { crontab: 101, chrony: [101, 109], postfix: 102 } as const;
const after = { crontab: 997, chrony: [100, 102], postfix: 101 } as const;

test('case 47: image files, setgid programs and ACL entries are re-owned by name, carried ones keep their owner', async () => {
  const situation = {
    on: 'ext4',
    base: { ...etc(bookworm), ...imageFiles(before, '12') },
    ours: {
      ...etc(alice),
      ...imageFiles(before, '12'),
      '/var/spool/cron/crontabs/alice': file('@daily true\n', { mode: 0o600, owner: [1000, 101], acl: 'u:102:r' }),
      '/var/lib/chrony/drift': file('1 2\n', { mode: 0o644, owner: [101, 109] }),
    },
    theirs: { ...etc(trixie), ...imageFiles(after, '13') },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual([result.owner('/usr/bin/crontab'), result.mode('/usr/bin/crontab')], [[0, 101], '2755']);
    assert.equal(result.text('/usr/bin/crontab'), '13');
    assert.deepEqual(result.owner('/var/lib/chrony'), [101, 109]);
    assert.deepEqual(
      [result.owner('/var/lib/chrony/drift'), result.text('/var/lib/chrony/drift')],
      [[101, 109], '1 2\n'],
    );
    assert.deepEqual(result.owner('/var/spool/postfix/public'), [102, 0]);
    assert.equal(aclUser(result.xattrs('/var/spool/postfix/public')), 101);
    assert.deepEqual(result.owner('/var/spool/cron/crontabs/alice'), [1000, 101]);
    assert.equal(aclUser(result.xattrs('/var/spool/cron/crontabs/alice')), 102);
    assert.match(result.text('/etc/passwd'), /^alice:x:1000:1000:/m);
    assert.match(result.text('/etc/passwd'), /^systemd-network:x:998:998:/m);
    assert.match(result.text('/etc/group'), /^crontab:x:101:$/m);
    assert.match(result.text('/etc/shadow'), /^alice:\$y\$a:/m);
    assert.deepEqual([result.mode('/etc/shadow'), result.owner('/etc/shadow')], ['640', [0, 42]]);
    assert.equal(decisionOf(plan, '/etc/passwd').strategy, 'accounts');
    assert.deepEqual(itemKeys(plan), ['account-number:/etc/passwd', 'account-number:/etc/group']);
  });
});

/** The number in the entry for a named user (tag 2), of the kernel's form: 4 bytes, then entries of 8. */
function aclUser(xattrs: Record<string, string>): number {
  const value = Buffer.from(xattrs['system.posix_acl_access'] ?? '', 'latin1');
  const at = Array.from({ length: (value.length - 4) / 8 }, (_, index) => 4 + index * 8);
  const entry = at.find((offset) => value.readUInt16LE(offset) === 2);
  assert.ok(entry !== undefined, 'there is an entry for a user');
  return value.readUInt32LE(entry + 4);
}

test('case 45: a newcomer that has to move takes its files along, and nothing of the image goes to the user here', async () => {
  const base = { '/etc/passwd': file(root), '/etc/group': file('root:x:0:\n') };
  const situation = {
    base,
    ours: {
      '/etc/passwd': file(`${root}alice:x:900:900::/home/alice:/bin/sh\n`),
      '/etc/group': file('root:x:0:\nalice:x:900:\n'),
      '/home/alice': directory({ owner: [900, 900], mode: 0o700 }),
      '/srv/left': file('x', { owner: [999, 999] }),
    },
    theirs: {
      '/etc/passwd': file(`${root}svc:x:900:900::/:/bin/sh\n`),
      '/etc/group': file('root:x:0:\nsvc:x:900:\n'),
      '/usr/bin/svc': file('svc', { owner: [900, 900], mode: 0o6755 }),
    },
  };
  await migrated(situation, ({ result }) => {
    assert.match(result.text('/etc/passwd'), /^svc:x:998:998:/m, '999 has no row and owns something here');
    assert.deepEqual([result.owner('/usr/bin/svc'), result.mode('/usr/bin/svc')], [[998, 998], '6755']);
    assert.deepEqual(result.owner('/home/alice'), [900, 900]);
    assert.deepEqual(result.owner('/srv/left'), [999, 999]);
  });
});

const shadow = (hash: string) => `root:*:1::::::\nsvc:${hash}:1::::::\n`;
const accounts = {
  '/etc/passwd': file(`${root}svc:x:900:0::/:/bin/sh\n`),
  '/etc/group': file('root:x:0:\nshadow:x:42:\n'),
};

test('case 43: a password set here stays where the image gives /etc/shadow another group', async () => {
  const situation = {
    base: { ...accounts, '/etc/shadow': file(shadow('!'), { mode: 0o640, owner: [0, 0] }) },
    ours: { ...accounts, '/etc/shadow': file(shadow('$y$mine'), { mode: 0o640, owner: [0, 0] }) },
    theirs: { ...accounts, '/etc/shadow': file(shadow('!'), { mode: 0o640, owner: [0, 42] }) },
  } as const;
  await migrated(situation, ({ result }) => {
    assert.equal(result.text('/etc/shadow'), shadow('$y$mine'));
    assert.deepEqual(result.owner('/etc/shadow'), [0, 42]);
  });
});

test('case 51: a mode of /etc/shadow that the image corrects is corrected, whatever its content here', async () => {
  const situation = {
    base: {
      ...accounts,
      '/etc/shadow': file(shadow('!'), { mode: 0o644 }),
      '/etc/shadow-': file(shadow('!'), { mode: 0o644 }),
    },
    ours: {
      ...accounts,
      '/etc/shadow': file(shadow('$y$mine'), { mode: 0o644 }),
      '/etc/shadow-': file(shadow('$y$old'), { mode: 0o644 }),
    },
    theirs: {
      ...accounts,
      '/etc/shadow': file(shadow('!'), { mode: 0o600 }),
      '/etc/shadow-': file(shadow('!'), { mode: 0o600 }),
    },
  };
  await migrated(situation, ({ result }) => {
    assert.deepEqual([result.mode('/etc/shadow'), result.text('/etc/shadow')], ['600', shadow('$y$mine')]);
    assert.deepEqual([result.mode('/etc/shadow-'), result.text('/etc/shadow-')], ['600', shadow('$y$old')]);
  });
});

test('an untouched machine takes the accounts of the image without a decision on them', async () => {
  const situation = {
    base: etc(bookworm),
    ours: etc(bookworm),
    theirs: { ...etc(bookworm), '/etc/motd': file('new\n') },
  };
  await planned(situation, (plan) => {
    assert.deepEqual(plan.actions, []);
    assert.deepEqual(
      Object.keys(decisions(plan)).filter((path) => /passwd|shadow|group/.test(path)),
      [],
    );
  });
});

test('a rule that names the files leaves the accounts to the image, and what is carried follows by name', async () => {
  const situation = {
    policy: 'ignore /etc/passwd\nignore /etc/group\nignore /etc/shadow\n',
    base: { '/etc/passwd': file(`${root}svc:x:101:0::/:\n`), '/etc/group': file('root:x:0:\n') },
    ours: {
      '/etc/passwd': file(`${root}svc:x:101:0::/:\nalice:x:500:0::/:\n`),
      '/etc/group': file('root:x:0:\n'),
      '/srv/svc': file('x', { owner: [101, 0] }),
      '/srv/alice': file('x', { owner: [500, 0] }),
    },
    theirs: { '/etc/passwd': file(`${root}svc:x:102:0::/:\nother:x:500:0::/:\n`), '/etc/group': file('root:x:0:\n') },
  };
  await migrated(situation, ({ result }) => {
    assert.deepEqual(result.owner('/srv/svc'), [102, 0]);
    assert.deepEqual(result.owner('/srv/alice'), [65536, 0], 'not given to the other');
    assert.doesNotMatch(result.text('/etc/passwd'), /alice/);
  });
});

/** The group that crontab(1) is setgid to has another number in each /etc/group that an answer may leave in force. */
for (const [answer, number] of [
  [null, 101],
  ['ours', 101],
  ['theirs', 997],
  ['merged', 101],
] as const) {
  const how = answer === null ? 'stays as it is here until somebody answers' : `gets the answer ${answer}`;
  test(`case 47: /etc/group of which a rule asks ${how}, and the owners are those that it names`, async () => {
    const situation = {
      base: { '/etc/passwd': file(root), '/etc/group': file('root:x:0:\na:x:50:\nb:x:51:\nc:x:52:\nd:x:53:\n') },
      ours: {
        '/etc/passwd': file(root),
        '/etc/group': file('root:x:0:\ncrontab:x:101:\na:x:50:\nb:x:51:\nc:x:52:\nd:x:53:\n'),
      },
      theirs: {
        '/etc/passwd': file(root),
        '/etc/group': file(
          answer === 'merged'
            ? 'root:x:0:\na:x:50:\nb:x:51:\nc:x:52:\nd:x:153:\n'
            : 'root:x:0:\ncrontab:x:997:\na:x:50:\nb:x:51:\nc:x:52:\nd:x:53:\n',
        ),
        '/usr/bin/crontab': file('13', { mode: 0o2755, owner: [0, answer === 'merged' ? 101 : 997] }),
        '/srv/d': file('13', { owner: [0, answer === 'merged' ? 153 : 53] }),
      },
      policy: 'persist /etc/group strategy=ask\n',
      ...(answer === null ? {} : { answers: { 'content:/etc/group': answer } }),
    };
    await migrated(situation, ({ result, plan }) => {
      assert.deepEqual(result.owner('/usr/bin/crontab'), [0, number]);
      assert.match(result.text('/etc/group'), new RegExp(`^crontab:x:${number}:$`, 'm'));
      assert.deepEqual(itemOf(plan.items, 'content:/etc/group').settled, {
        resolution: answer ?? 'ours',
        by: answer === null ? 'default' : 'choice',
      });
      assert.equal(decisionOf(plan, '/etc/group').strategy, 'ask');
      const [, numberOfD] = /^d:x:(\d+):$/m.exec(result.text('/etc/group')) ?? [];
      assert.deepEqual(result.owner('/srv/d'), [0, Number(numberOfD)]);
    });
  });
}
