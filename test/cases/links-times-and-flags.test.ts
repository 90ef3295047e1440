import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { decisionOf, decisions, inventory, itemKeys, itemOf, migrated, planned } from './migration.ts';
import { directory, fifo, file, hardLink, hostPath, run, symlink } from './trees.ts';

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

test('the flag by which btrfs remembers that a file does not compress is no change', async () => {
  const base = { '/etc/key': file('0123\n'), '/etc/app': file('a\n') };
  const ours = { '/etc/key': file('0123\n', { flags: '+m' }), '/etc/app': file('b\n', { flags: '+m' }) };
  await planned({ on: 'btrfs', base, ours }, (plan) => {
    assert.deepEqual(decisions(plan), { '/etc/app': 'ours' });
    assert.deepEqual(decisionOf(plan, '/etc/app').differs, ['content']);
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
