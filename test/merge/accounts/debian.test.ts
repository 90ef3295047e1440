import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { complaints, imageOf, withPerson } from './debian.ts';
import { keys, merge, pairs, row } from './machine.ts';

const sandbox = mkdtempSync(join(tmpdir(), 'migrate-accounts-'));
after(() => rmSync(sandbox, { recursive: true }));

const bookworm = imageOf('bookworm');
const trixie = imageOf('trixie');

test('case 47: from Debian 12 to 13 every account keeps its number, new ones are added, and the image follows by name', () => {
  const ours = withPerson(bookworm, join(sandbox, 'machine'));
  const result = merge({ base: bookworm, ours, theirs: trixie });
  for (const file of ['passwd', 'group'] as const) {
    for (const line of (ours[file] ?? '').split('\n').slice(0, -1)) {
      const [name = '', , number] = line.split(':');
      assert.equal(row(result, file, name)?.[2], number, `${name} of ${file}`);
    }
    for (const line of (trixie[file] ?? '').split('\n').slice(0, -1)) {
      assert.ok(row(result, file, line.split(':')[0] ?? ''), line);
    }
  }
  const numberIn = (etc: Record<string, string>, file: string, name: string) => Number(row({ etc }, file, name)?.[2]);
  for (const name of ['crontab', 'messagebus', 'input', '_ssh', '_chrony', 'postfix', 'postdrop', 'kvm', 'render']) {
    const [there, here] = [numberIn(trixie, 'group', name), numberIn(bookworm, 'group', name)];
    assert.notEqual(there, here, `${name} has another number in the image`);
    assert.equal(result.owners.theirs.groups.get(there), here, name);
  }
  assert.deepEqual(pairs(result.owners.theirs.users), [
    [100, 101],
    [101, 102],
    [990, 103],
    [996, 100],
  ]);
  assert.deepEqual(row(result, 'group', 'crontab'), ['crontab', 'x', '101', 'alice']);
  assert.deepEqual(row(result, 'passwd', '_chrony')?.[4], 'Chrony daemon', 'what the image changed comes');
  assert.deepEqual(row(result, 'passwd', 'systemd-network')?.slice(2, 4), ['998', '998'], 'what is free stays');
  assert.equal(row(result, 'shadow', 'alice')?.[1], '$y$j9T$secret');
  assert.deepEqual(keys(result), ['account-number:/etc/passwd', 'account-number:/etc/group']);
  assert.equal(complaints(result.etc, join(sandbox, 'result')), '');
});

test('cases 47, 66: without the old image rows that mean the same are nothing to tell of, and a real difference is', () => {
  const ours = withPerson(bookworm, join(sandbox, 'without-base'));
  const result = merge({ base: {}, ours, theirs: trixie });
  assert.deepEqual(keys(result), ['account-number:/etc/passwd', 'account-number:/etc/group']);
  assert.equal(row(result, 'gshadow', 'crontab')?.[1], '!', 'as it is here');
  assert.equal(row(result, 'passwd', '_chrony')?.[4], 'Chrony daemon,,,', 'as it is here');
  assert.equal(row(result, 'passwd', 'postfix')?.[4], 'Postfix MTA', 'nobody gave it a comment here');
  const differs = {
    ...ours,
    passwd: (ours['passwd'] ?? '').replace('Chrony daemon,,,', 'Our clock'),
    gshadow: (ours['gshadow'] ?? '').replace(/^crontab:!:/m, 'crontab:$y$hash:'),
    shadow: (ours['shadow'] ?? '').replace(/^root:[^:]*:/m, 'root:$y$mine:'),
  };
  const theirs = { ...trixie, shadow: (trixie['shadow'] ?? '').replace(/^root:[^:]*:/m, 'root:$y$image:') };
  assert.deepEqual(
    keys(merge({ base: {}, ours: differs, theirs })).filter((key) => key.startsWith('account-conflict')),
    [
      'account-conflict:/etc/passwd:_chrony',
      'account-conflict:/etc/shadow:root',
      'account-conflict:/etc/gshadow:crontab',
    ],
  );
});

test('case 45: services that Debian 13 adds move off the numbers that this machine gave away', () => {
  const taken = {
    ...bookworm,
    passwd: `${bookworm['passwd']}local:x:998:998::/:/bin/sh\n`,
    shadow: `${bookworm['shadow']}local:!:1::::::\n`,
    group: `${bookworm['group']}local:x:998:\nother:x:993:\n`,
    gshadow: `${bookworm['gshadow']}local:!::\nother:!::\n`,
  };
  const owners = { theirs: { users: [0, 995], groups: [0, 998, 42] } };
  const result = merge({ base: bookworm, ours: taken, theirs: trixie, owners });
  assert.deepEqual(row(result, 'passwd', 'systemd-network')?.slice(2, 4), ['989', '989']);
  assert.equal(row(result, 'group', 'clock')?.[2], '990');
  assert.equal(result.owners.theirs.groups.get(998), 989);
  assert.deepEqual(
    keys(result).filter((key) => key.startsWith('account-moved')),
    ['account-moved:/etc/passwd', 'account-moved:/etc/group'],
  );
  assert.equal(complaints(result.etc, join(sandbox, 'moved')), '');
});

test('case 50: the backups of the result are sound as well', () => {
  const ours = withPerson(bookworm, join(sandbox, 'backups'));
  const { etc } = merge({ base: bookworm, ours, theirs: trixie });
  const restored = Object.fromEntries(['passwd', 'group'].map((name) => [name, etc[`${name}-`] ?? '']));
  assert.notEqual(restored['passwd'], '');
  for (const line of (trixie['passwd'] ?? '').split('\n').slice(0, -1)) {
    const name = line.split(':')[0] ?? '';
    assert.equal(row({ etc: restored }, 'passwd', name)?.[2], row({ etc }, 'passwd', name)?.[2], name);
  }
});

test('pwck and grpck complain where rows of both sides are just put together', () => {
  const joined = Object.fromEntries(
    Object.keys(trixie).map((name) => [name, `${bookworm[name] ?? ''}${trixie[name] ?? ''}`]),
  );
  const found = complaints(joined, join(sandbox, 'joined'));
  assert.match(found, /duplicate password entry/);
  assert.match(found, /duplicate group entry/);
});
