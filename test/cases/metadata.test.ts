import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { decisionOf, decisions, inventory, itemKeys, itemOf, migrated } from './migration.ts';
import { directory, fifo, file, hardLink, hostPath, run, symlink } from './trees.ts';

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

test('case 39: names of one file that are carried together stay linked', async () => {
  const situation = {
    base: {
      '/etc/a': file('old\n'),
      '/etc/b': hardLink('/etc/a'),
      '/etc/m': file('1\n2\n3\n4\n'),
      '/etc/n': hardLink('/etc/m'),
    },
    ours: {
      '/etc/a': file('new\n'),
      '/etc/b': hardLink('/etc/a'),
      '/etc/x/c': hardLink('/etc/a'),
      '/etc/m': file('one\n2\n3\n4\n'),
      '/etc/n': hardLink('/etc/m'),
    },
    theirs: {
      '/etc/a': file('old\n'),
      '/etc/b': hardLink('/etc/a'),
      '/etc/m': file('1\n2\n3\nfour\n'),
      '/etc/n': hardLink('/etc/m'),
    },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/b'), 'new\n');
    assert.equal(result.stat('/etc/a').nlink, 3);
    assert.deepEqual(new Set(['/etc/a', '/etc/b', '/etc/x/c'].map((path) => result.stat(path).ino)).size, 1);
    assert.equal(result.text('/etc/n'), 'one\n2\n3\nfour\n');
    assert.equal(result.stat('/etc/m').ino, result.stat('/etc/n').ino);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 39: writing one name never changes the content or the attributes of another', async () => {
  const pair = {
    '/etc/machine-id': file('uninitialized\n', { mode: 0o444 }),
    '/etc/other': hardLink('/etc/machine-id'),
  };
  const tool = { '/etc/t1': file('tool\n', { mode: 0o644 }), '/etc/t2': hardLink('/etc/t1') };
  const situation = {
    base: { ...pair, ...tool },
    ours: {
      '/etc/machine-id': file('0123456789abcdef\n', { mode: 0o444 }),
      '/etc/other': file('uninitialized\n', { mode: 0o444 }),
      '/etc/t1': file('tool\n', { mode: 0o600 }),
      '/etc/t2': file('tool\n', { mode: 0o644 }),
    },
  };
  await migrated(situation, ({ result }) => {
    assert.equal(result.text('/etc/machine-id'), '0123456789abcdef\n');
    assert.equal(result.text('/etc/other'), 'uninitialized\n');
    assert.deepEqual([result.mode('/etc/t1'), result.mode('/etc/t2')], ['600', '644']);
    assert.equal(result.text('/etc/t1'), 'tool\n');
  });
});

test('case 39: a further name that the user gave a file of the image is a file of its own there, and is reported', async () => {
  const situation = {
    base: { '/etc/a': file('a\n') },
    ours: { '/etc/a': file('a\n'), '/etc/more': hardLink('/etc/a') },
  };
  await migrated(situation, ({ result, plan, roots }) => {
    appendFileSync(hostPath(roots.theirs, '/etc/more'), 'x');
    assert.equal(result.text('/etc/a'), 'a\n');
    writeFileSync(hostPath(roots.theirs, '/etc/more'), 'a\n');
    assert.match(
      itemOf(plan.items, 'hard-link:/etc/more').title,
      /shares its content with 1 more name here that is not carried$/,
    );
  });
});

test('case 39: a change of attributes reaches all linked names of the image, and links them again', async () => {
  const situation = {
    base: { '/etc/a': file('old\n'), '/etc/b': hardLink('/etc/a') },
    ours: { '/etc/a': file('old\n', { mode: 0o600 }), '/etc/b': hardLink('/etc/a') },
    theirs: { '/etc/a': file('new\n'), '/etc/b': hardLink('/etc/a'), '/etc/c': hardLink('/etc/a') },
  };
  await migrated(situation, ({ result }) => {
    assert.deepEqual(
      ['/etc/a', '/etc/b', '/etc/c'].map((path) => result.mode(path)),
      ['600', '600', '644'],
    );
    assert.equal(result.stat('/etc/a').ino, result.stat('/etc/b').ino);
    assert.equal(result.text('/etc/b'), 'new\n');
  });
});

test('case 40: times are kept to the nanosecond, of links, directories, fifos and before 1970 too', async () => {
  const ours = {
    '/srv/f': file('f\n', { mtime: '1600000000.123456789' }),
    '/srv/l': symlink('/nowhere', { mtime: '1600000000.000000001' }),
    '/srv/d': directory({ mtime: '1600000000.999999999' }),
    '/srv/d/p': fifo({ mtime: '1600000001.000000002' }),
    '/srv/old': file('o\n', { mtime: '-1.5' }),
  };
  await migrated(
    { on: 'btrfs', base: { '/srv': directory({ mtime: '1500000000.000000007' }) }, ours },
    ({ result }) => {
      assert.equal(result.mtime('/srv/f'), 1600000000123456789n);
      assert.equal(result.mtime('/srv/l'), 1600000000000000001n);
      assert.equal(result.mtime('/srv/d'), 1600000000999999999n);
      assert.equal(result.mtime('/srv/d/p'), 1600000001000000002n);
      assert.equal(result.mtime('/srv/old'), -1500000000n);
      assert.equal(result.mtime('/srv'), 1500000000000000007n);
    },
  );
});

test('case 40: sparse files stay sparse, and on btrfs content is shared with the old system', async () => {
  const situation = {
    on: 'btrfs',
    base: { '/srv': directory() },
    ours: { '/srv/sparse': file('head', { size: 64 * 2 ** 20 }), '/srv/big': file('x'.repeat(2 ** 20)) },
  } as const;
  await migrated(situation, ({ result, roots }) => {
    assert.deepEqual(
      [result.stat('/srv/sparse').size, result.text('/srv/sparse').slice(0, 5)],
      [64 * 2 ** 20, 'head\0'],
    );
    assert.ok(result.stat('/srv/sparse').blocks < 64);
    execFileSync('sync', ['-f', roots.theirs]);
    assert.match(run('filefrag', '-v', `${roots.theirs}/srv/big`), /shared/);
  });
});

test('case 42: another label in the new image is no change of the image, and the edit stays', async () => {
  const label = (type: string) => ({ xattrs: { 'security.selinux': `system_u:object_r:${type}:s0\0` } });
  const situation = {
    on: 'ext4',
    base: {
      '/etc/a': file('a\n', label('etc_t')),
      '/etc/b': file('b\n', label('etc_t')),
      '/etc/c': file('c\n', label('etc_t')),
    },
    ours: { '/etc/a': file('edited\n', label('etc_t')), '/etc/b': file('b\n', label('user_t')) },
    theirs: {
      '/etc/a': file('a\n', label('new_t')),
      '/etc/b': file('b\n', label('new_t')),
      '/etc/c': file('c\n', label('new_t')),
    },
  } as const;
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'edited\n');
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed here, unchanged in the image');
    assert.deepEqual(decisions(plan), { '/etc/a': 'ours', '/etc/c': 'deleted' });
    assert.equal(result.xattrs('/etc/b')['security.selinux'], 'system_u:object_r:new_t:s0\0');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('flags that a person sets are carried, those that lock too, and copying on write is off from the first byte', async () => {
  const situation = {
    on: 'btrfs',
    base: {
      '/srv/plain': file('x'.repeat(10000)),
      '/srv/m': file('1\n2\n3\n4\n', { flags: '+C' }),
      '/srv/i': file('i\n'),
    },
    ours: {
      '/srv/plain': file('x'.repeat(10000), { flags: '+C' }),
      '/srv/m': file('one\n2\n3\n4\n', { flags: '+C' }),
      '/srv/i': file('i\n', { flags: '+i' }),
      '/srv/vm': directory({ flags: '+C' }),
      '/srv/vm/disk': file('d'.repeat(10000), { flags: '+C' }),
      '/srv/log': file('l\n', { flags: '+a' }),
      '/srv/locked/f': file('f\n', { flags: '+i' }),
      '/srv/locked': directory({ flags: '+i' }),
    },
    theirs: {
      '/srv/plain': file('x'.repeat(10000)),
      '/srv/m': file('1\n2\n3\nfour\n', { flags: '+C' }),
      '/srv/i': file('i\n'),
    },
  } as const;
  await migrated(situation, ({ result, applied }) => {
    for (const path of ['/srv/plain', '/srv/m', '/srv/vm', '/srv/vm/disk']) {
      assert.ok(result.hasFlag(path, 'noCopyOnWrite'), path);
    }
    assert.equal(result.text('/srv/m'), 'one\n2\n3\nfour\n');
    for (const path of ['/srv/i', '/srv/locked', '/srv/locked/f']) assert.ok(result.hasFlag(path, 'immutable'), path);
    assert.ok(result.hasFlag('/srv/log', 'appendOnly'));
    assert.ok(applied.status === 'done');
    assert.deepEqual(applied.outcome.notes, []);
  });
});

test('what is locked in the image is replaced all the same, and its directory is locked again afterwards', async () => {
  const locked = { flags: '+i' };
  const image = {
    '/etc/d': directory(locked),
    '/etc/d/edit': file('old\n', locked),
    '/etc/d/gone': file('gone\n', locked),
    '/etc/d/mode': file('m\n', locked),
    '/etc/d/dir/x': file('x\n', locked),
    '/etc/d/still': file('still\n', locked),
  };
  const situation = {
    on: 'ext4',
    base: image,
    ours: {
      '/etc/d': directory(locked),
      '/etc/d/edit': file('new\n', locked),
      '/etc/d/mode': file('m\n', { mode: 0o600, flags: '+i' }),
      '/etc/d/added': file('added\n'),
      '/etc/d/still': file('still\n', locked),
      '/etc/d/dir': symlink('still'),
    },
  } as const;
  await migrated(situation, ({ result }) => {
    assert.deepEqual(result.names('/etc/d'), ['added', 'dir', 'edit', 'mode', 'still']);
    assert.deepEqual([result.text('/etc/d/edit'), result.mode('/etc/d/mode')], ['new\n', '600']);
    for (const path of ['/etc/d', '/etc/d/edit', '/etc/d/mode', '/etc/d/still']) {
      assert.ok(result.hasFlag(path, 'immutable'), path);
    }
    assert.equal(result.hasFlag('/etc/d/added', 'immutable'), false);
  });
});

test('an attribute that the filesystem of the new root cannot hold is a note, not a failure', async () => {
  const situation = {
    on: 'btrfs',
    base: { '/srv': directory() },
    ours: { '/srv/vm': file('vm\n', { flags: '+C' }) },
    prepare: ({ theirs }: { theirs: string }) =>
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', theirs]),
  } as const;
  await assert.doesNotReject(
    migrated({ ...situation, seen: (trees) => trees }, ({ applied, result }) => {
      assert.ok(applied.status === 'done');
      assert.deepEqual(applied.outcome.notes, ['/srv/vm: the filesystem cannot hold its inode flags']);
      assert.equal(result.text('/srv/vm'), 'vm\n');
    }),
  );
});

test('base and ours are left exactly as they were, access times apart', async () => {
  await migrated({ base: { '/etc/a': file('a\n') }, ours: { '/etc/a': file('b\n') } }, ({ roots }) => {
    assert.equal(inventory(roots.ours).length, 3);
  });
});
