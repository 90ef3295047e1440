import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionOf, decisions, itemKeys, itemOf, migrated } from './migration.ts';
import { directory, fifo, file, run, symlink } from './trees.ts';

const acl = 'system.posix_acl_access';

test('case 32: a directory that was made secret stays secret, and the image still fills it', async () => {
  const situation = {
    base: { '/etc/keys': directory({ mode: 0o755 }), '/etc/keys/a': file('a\n') },
    ours: { '/etc/keys': directory({ mode: 0o700, mtime: '1600000000.000000001' }), '/etc/keys/a': file('a\n') },
    theirs: { '/etc/keys': directory({ mode: 0o755 }), '/etc/keys/a': file('new\n'), '/etc/keys/b': file('b\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.mode('/etc/keys'), '700');
    assert.equal(result.text('/etc/keys/a'), 'new\n');
    assert.deepEqual(result.names('/etc/keys'), ['a', 'b']);
    const { decision, reason, differs } = decisionOf(plan, '/etc/keys');
    assert.deepEqual([decision, reason, differs], ['ours', 'attributes changed here', ['mode']]);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 32: a file whose mode alone was changed gets the new content of the image under that mode', async () => {
  const situation = {
    base: { '/etc/a': file('old\n'), '/etc/b': file('b\n') },
    ours: { '/etc/a': file('old\n', { mode: 0o600 }), '/etc/b': file('b\n', { mode: 0o755 }) },
    theirs: { '/etc/a': file('new\n', { mtime: '1700000000.000000009' }), '/etc/b': file('b\n') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual([result.text('/etc/a'), result.mode('/etc/a'), result.mode('/etc/b')], ['new\n', '600', '755']);
    assert.equal(result.mtime('/etc/a'), 1700000000000000009n);
    assert.equal(decisionOf(plan, '/etc/a').decision, 'merged');
    assert.equal(decisionOf(plan, '/etc/b').reason, 'attributes changed here');
  });
});

test('case 33: the image tightens a directory in which the user edited a file: the directory is as tight as it says', async () => {
  const situation = {
    base: { '/etc/d': directory({ mode: 0o755 }), '/etc/d/a': file('a\n') },
    ours: { '/etc/d': directory({ mode: 0o755 }), '/etc/d/a': file('edited\n'), '/etc/d/mine': file('mine\n') },
    theirs: {
      '/etc/d': directory({ mode: 0o700, owner: [9, 9], mtime: '1700000000.000000003' }),
      '/etc/d/a': file('a\n'),
    },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual([result.mode('/etc/d'), result.owner('/etc/d')], ['700', [9, 9]]);
    assert.equal(result.mtime('/etc/d'), 1700000000000000003n);
    assert.equal(result.text('/etc/d/a'), 'edited\n');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 33: a mode that both sides changed stays ours, with an item whose answer is taken', async () => {
  const situation = {
    base: { '/etc/a': file('a\n', { mode: 0o644 }) },
    ours: { '/etc/a': file('a\n', { mode: 0o660 }) },
    theirs: { '/etc/a': file('a\n', { mode: 0o600 }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.mode('/etc/a'), '660');
    assert.match(itemOf(plan.items, 'attributes:/etc/a').title, /mode changed differently here and in the image$/);
  });
  await migrated({ ...situation, answers: { 'attributes:/etc/a': 'theirs' } }, ({ result }) => {
    assert.equal(result.mode('/etc/a'), '600');
  });
});

test('case 34: setuid and setgid survive the change of owner that carrying them means', async () => {
  const situation = {
    base: { '/opt/edited': file('old\n', { owner: [1, 1], mode: 0o755 }) },
    ours: {
      '/opt/tool': file('tool\n', { owner: [12, 34], mode: 0o6755 }),
      '/opt/sg': file('sg\n', { owner: [0, 34], mode: 0o2711 }),
      '/opt/d': directory({ owner: [12, 34], mode: 0o3777 }),
      '/opt/edited': file('new\n', { owner: [12, 1], mode: 0o4755 }),
    },
  } as const;
  await migrated(situation, ({ result }) => {
    assert.deepEqual([result.mode('/opt/tool'), result.owner('/opt/tool')], ['6755', [12, 34]]);
    assert.deepEqual([result.mode('/opt/sg'), result.mode('/opt/d')], ['2711', '3777']);
    assert.deepEqual([result.mode('/opt/edited'), result.owner('/opt/edited')], ['4755', [12, 1]]);
  });
});

test("case 34: one side's setuid or capability never meets the other side's owner", async () => {
  const situation = {
    on: 'ext4',
    base: {
      '/opt/a': file('a\n', { owner: [1, 1], mode: 0o755 }),
      '/opt/b': file('b\n', { owner: [1, 1], mode: 0o755 }),
      '/opt/c': file('c\n', { owner: [1, 1], mode: 0o4755 }),
      '/opt/cap': file('cap\n', { owner: [1, 1], capability: 'cap_net_raw=ep' }),
    },
    ours: {
      '/opt/a': file('a\n', { owner: [1, 1], mode: 0o4755 }),
      '/opt/b': file('b\n', { owner: [2, 1], mode: 0o700 }),
      '/opt/c': file('c\n', { owner: [2, 1], mode: 0o755 }),
      '/opt/cap': file('cap\n', { owner: [2, 1] }),
    },
    theirs: {
      '/opt/a': file('a\n', { owner: [0, 1], mode: 0o755 }),
      '/opt/b': file('b\n', { owner: [1, 1], mode: 0o4755 }),
      '/opt/c': file('c\n', { owner: [1, 1], mode: 0o4755 }),
      '/opt/cap': file('cap\n', { owner: [1, 1], capability: 'cap_net_raw=ep' }),
    },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual([result.mode('/opt/a'), result.owner('/opt/a')], ['4755', [1, 1]]);
    assert.deepEqual([result.mode('/opt/b'), result.owner('/opt/b')], ['700', [2, 1]]);
    assert.deepEqual([result.mode('/opt/c'), result.owner('/opt/c')], ['755', [2, 1]]);
    assert.deepEqual([result.xattrs('/opt/cap'), result.owner('/opt/cap')], [{}, [2, 1]]);
    assert.deepEqual(itemKeys(plan), ['attributes:/opt/a', 'attributes:/opt/b']);
  });
});

test('case 35: an access list and an attribute that the user removed stay removed', async () => {
  const image = { acl: 'u:1234:rw', xattrs: { 'user.note': 'n', 'user.kept': 'k' } };
  const situation = {
    on: 'ext4',
    base: { '/srv/a': file('a\n', image), '/srv/d': directory({ acl: 'd:u:1234:rwx,u:1234:rwx' }) },
    ours: { '/srv/a': file('a\n', { xattrs: { 'user.kept': 'k' } }), '/srv/d': directory() },
    theirs: { '/srv/a': file('new\n', image), '/srv/d': directory({ acl: 'd:u:1234:rwx,u:1234:rwx' }) },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.xattrs('/srv/a'), { 'user.kept': 'k' });
    assert.deepEqual([result.text('/srv/a'), result.mode('/srv/a')], ['new\n', '644']);
    assert.deepEqual([result.xattrs('/srv/d'), result.mode('/srv/d')], [{}, '755']);
    assert.deepEqual(decisionOf(plan, '/srv/a').differs, ['mode', 'xattr:user.note']);
  });
});

test('case 36: an access list, an attribute or a capability by itself is a change and is carried', async () => {
  const situation = {
    on: 'btrfs',
    base: { '/srv/acl': file('a\n'), '/srv/cap': file('c\n'), '/srv/x': file('x\n'), '/srv/d': directory() },
    ours: {
      '/srv/acl': file('a\n', { acl: 'u:1234:rw' }),
      '/srv/cap': file('c\n', { capability: 'cap_net_raw=ep' }),
      '/srv/x': file('x\n', { xattrs: { 'user.x': 'mine', 'trusted.t': '' } }),
      '/srv/d': directory({ acl: 'd:g:1234:r' }),
    },
    theirs: { '/srv/acl': file('a\n'), '/srv/cap': file('new\n'), '/srv/x': file('x\n'), '/srv/d': directory() },
  } as const;
  await migrated(situation, ({ result, plan, roots }) => {
    const at = (path: string): string => `${roots.theirs}${path}`;
    assert.match(run('getfacl', '-n', '-p', at('/srv/acl')), /^user:1234:rw-$/m);
    assert.match(run('getfacl', '-n', '-p', at('/srv/d')), /^default:group:1234:r--$/m);
    assert.match(run('getcap', at('/srv/cap')), /cap_net_raw=ep/);
    assert.equal(result.text('/srv/cap'), 'new\n');
    assert.deepEqual(result.xattrs('/srv/x'), { 'user.x': 'mine', 'trusted.t': '' });
    assert.deepEqual(decisions(plan), { '/srv/acl': 'ours', '/srv/cap': 'merged', '/srv/d': 'ours', '/srv/x': 'ours' });
  });
});

test('case 36: attributes are merged one by one, and only the one that both changed is an item', async () => {
  const situation = {
    base: { '/srv/x': file('x\n', { xattrs: { 'user.a': '1', 'user.b': '1', 'user.c': '1', 'user.d': '1' } }) },
    ours: { '/srv/x': file('x\n', { xattrs: { 'user.a': '2', 'user.b': '1', 'user.c': '2', 'user.e': '2' } }) },
    theirs: { '/srv/x': file('x\n', { xattrs: { 'user.a': '1', 'user.b': '3', 'user.c': '3', 'user.d': '1' } }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.xattrs('/srv/x'), { 'user.a': '2', 'user.b': '3', 'user.c': '2', 'user.e': '2' });
    assert.match(itemOf(plan.items, 'attributes:/srv/x').title, /^\/srv\/x: xattr:user\.c changed differently/);
  });
  await migrated({ ...situation, answers: { 'attributes:/srv/x': 'theirs' } }, ({ result }) => {
    assert.deepEqual(result.xattrs('/srv/x'), { 'user.a': '2', 'user.b': '3', 'user.c': '3', 'user.e': '2' });
  });
});

test('case 36: an access list added here to a file that the image tightens does not loosen it without a word', async () => {
  const situation = {
    on: 'ext4',
    base: { '/etc/a': file('a\n', { mode: 0o644 }) },
    ours: { '/etc/a': file('a\n', { mode: 0o644, acl: 'u:1234:r' }) },
    theirs: { '/etc/a': file('a\n', { mode: 0o600 }) },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.mode('/etc/a'), '644');
    assert.notEqual(result.xattrs('/etc/a')[acl], undefined);
    assert.match(itemOf(plan.items, 'attributes:/etc/a').title, /mode changed differently/);
  });
  await migrated({ ...situation, answers: { 'attributes:/etc/a': 'theirs' } }, ({ result }) => {
    assert.deepEqual([result.mode('/etc/a'), result.xattrs('/etc/a')], ['600', {}]);
  });
});

test('case 37: values with NUL, empty ones and values of other lengths are told apart and carried whole', async () => {
  const long = '\0\xff'.repeat(500);
  const situation = {
    on: 'btrfs',
    base: {
      '/srv/nul': file('n\n', { xattrs: { 'user.v': 'a\0b' } }),
      '/srv/longer': file('l\n', { xattrs: { 'user.v': 'a' } }),
      '/srv/empty': file('e\n', { xattrs: { 'user.v': '\0' } }),
      '/srv/link': symlink('/nowhere', { xattrs: { 'trusted.v': 'a\0b' } }),
    },
    ours: {
      '/srv/nul': file('n\n', { xattrs: { 'user.v': 'a\0c' } }),
      '/srv/longer': file('l\n', { xattrs: { 'user.v': long } }),
      '/srv/empty': file('e\n', { xattrs: { 'user.v': '' } }),
      '/srv/link': symlink('/nowhere', { xattrs: { 'trusted.v': 'a\0c' } }),
    },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.xattrs('/srv/nul'), { 'user.v': 'a\0c' });
    assert.deepEqual(result.xattrs('/srv/longer'), { 'user.v': long });
    assert.deepEqual(result.xattrs('/srv/empty'), { 'user.v': '' });
    assert.deepEqual(result.xattrs('/srv/link'), { 'trusted.v': 'a\0c' });
    assert.equal(plan.decisions.length, 4);
  });
});

for (const umask of [0o077, 0]) {
  test(`case 38: a umask of ${umask.toString(8).padStart(3, '0')} changes no mode of what is created`, async () => {
    const situation = {
      base: { '/srv': directory({ mode: 0o755 }), '/srv/merge': file('1\n2\n3\n4\n5\n', { mode: 0o664 }) },
      ours: {
        '/srv': directory({ mode: 0o755 }),
        '/srv/merge': file('one\n2\n3\n4\n5\n', { mode: 0o664 }),
        '/srv/vault/inner': directory({ mode: 0o1770 }),
        '/srv/open': directory({ mode: 0o1777 }),
        '/srv/open/f': file('f\n', { mode: 0o666 }),
        '/srv/open/p': fifo({ mode: 0o622 }),
        '/srv/none': file('n\n', { mode: 0 }),
      },
      theirs: { '/srv': directory({ mode: 0o755 }), '/srv/merge': file('1\n2\n3\n4\nfive\n', { mode: 0o664 }) },
      prepare: () => process.umask(umask),
    };
    const before = process.umask();
    try {
      await migrated(situation, ({ result }) => {
        const modes = [
          '/srv',
          '/srv/merge',
          '/srv/vault/inner',
          '/srv/open',
          '/srv/open/f',
          '/srv/open/p',
          '/srv/none',
        ];
        assert.deepEqual(
          modes.map((path) => result.mode(path)),
          ['755', '664', '1770', '1777', '666', '622', '0'],
        );
        assert.equal(result.mode('/var/lib'), '755');
        assert.equal(result.mode('/var/lib/migrate'), '700');
        assert.equal(result.text('/srv/merge'), 'one\n2\n3\n4\nfive\n');
      });
    } finally {
      process.umask(before);
    }
  });
}
