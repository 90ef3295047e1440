import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from '../cli/run-migrate.ts';
import { decisionOf, decisions, itemKeys, migrated, planned, withRoots } from './migration.ts';
import { device, directory, fifo, file, socket, symlink } from './trees.ts';

const long = 'x'.repeat(300_000);

test('case 1: an edit of the same size inside the same second, even the same nanosecond, is found by content', async () => {
  const mtime = '1700000000.000000001';
  const situation = {
    base: { '/etc/a': file('port 80\n', { mtime }), '/etc/big': file(`${long}a`, { mtime }) },
    ours: { '/etc/a': file('port 81\n', { mtime }), '/etc/big': file(`${long}b`, { mtime }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'port 81\n');
    assert.equal(result.text('/etc/big').at(-1), 'b');
    assert.deepEqual(decisionOf(plan, '/etc/a').differs, ['content']);
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed here, unchanged in the image');
    assert.deepEqual(decisions(plan), { '/etc/a': 'ours', '/etc/big': 'ours' });
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 2: an image that was rebuilt with other times has not changed, and the edit of the user stays', async () => {
  const situation = {
    base: { '/etc/a': file('default\n', { mtime: '1600000000.0' }) },
    ours: { '/etc/a': file('edited\n', { mtime: '1650000000.000000007' }) },
    theirs: { '/etc/a': file('default\n', { mtime: '1700000000.0' }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'edited\n');
    assert.equal(result.mtime('/etc/a'), 1650000000000000007n);
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed here, unchanged in the image');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 3: a file that was only touched takes the update of the image', async () => {
  const situation = {
    base: { '/etc/a': file('old\n', { mtime: '1600000000.0' }), '/etc/d': directory({ mtime: '1600000000.0' }) },
    ours: { '/etc/a': file('old\n', { mtime: '1650000000.0' }), '/etc/d': directory({ mtime: '1650000000.0' }) },
    theirs: { '/etc/a': file('new\n', { mtime: '1700000000.5' }), '/etc/d': directory({ mtime: '1700000000.5' }) },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.text('/etc/a'), 'new\n');
    assert.equal(result.mtime('/etc/a'), 1700000000500000000n);
    assert.equal(result.mtime('/etc/d'), 1700000000500000000n);
    assert.deepEqual(plan.decisions, []);
    assert.deepEqual(plan.actions, []);
  });
});

test('case 4: a pinned file is carried although it equals the old default', async () => {
  const trees = {
    base: { '/etc/motd': file('hello\n', { mode: 0o640 }), '/etc/issue': file('old\n'), '/etc/gone': file('keep\n') },
    ours: { '/etc/motd': file('hello\n', { mode: 0o640 }), '/etc/issue': file('old\n'), '/etc/gone': file('keep\n') },
    theirs: { '/etc/motd': file('welcome\n'), '/etc/issue': file('new\n') },
  };
  await migrated({ ...trees, policy: 'pin /etc/motd\npin /etc/gone\n' }, ({ result, plan }) => {
    assert.equal(result.text('/etc/motd'), 'hello\n');
    assert.equal(result.mode('/etc/motd'), '640');
    assert.equal(result.text('/etc/issue'), 'new\n');
    assert.equal(result.text('/etc/gone'), 'keep\n');
    const { decision, change, reason, rule } = decisionOf(plan, '/etc/motd');
    assert.deepEqual([decision, change, reason], ['ours', 'none', 'pinned by the policy']);
    assert.equal(rule?.text, 'pin /etc/motd');
  });
});

test('case 5: content that equals the new default follows the defaults again, without an item', async () => {
  const situation = {
    base: { '/etc/a': file('old\n'), '/etc/l': symlink('one') },
    ours: { '/etc/a': file('new\n', { mtime: '1650000000.0' }), '/etc/l': symlink('two') },
    theirs: { '/etc/a': file('new\n', { mtime: '1700000000.0' }), '/etc/l': symlink('two') },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.equal(result.mtime('/etc/a'), 1700000000000000000n);
    assert.deepEqual(decisions(plan), { '/etc/a': 'equal', '/etc/l': 'equal' });
    assert.equal(decisionOf(plan, '/etc/a').reason, 'changed alike on both sides');
    assert.deepEqual(plan.actions, []);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 6: names that tools pass over are carried like any other', async () => {
  const names = [
    '/etc/.git/HEAD',
    '/etc/tags',
    '/etc/CVS/Entries',
    '/etc/RCS',
    '/etc/.gitignore',
    '/etc/a~',
    '/etc/#x#',
  ];
  const ours = Object.fromEntries(names.map((name) => [name, file(name)]));
  await migrated({ base: { '/etc': directory() }, ours }, ({ result, plan }) => {
    for (const name of names) {
      assert.equal(result.text(name), name);
      assert.equal(decisionOf(plan, name).reason, 'added here');
    }
  });
});

const awkward = ['-rf', '*', '[a]?', 'a\nb', ' ', '\\', '$(x)', '\xff\xfe', '\xc3\xa9', 'x'.repeat(255)];

test('case 7: names with newlines, bytes that are no UTF-8, dashes and glob characters are carried byte by byte', async () => {
  const named = (content: string) =>
    Object.fromEntries(awkward.flatMap((name) => [[`/etc/${name}/${name}`, file(`${content}${name}`)]]));
  const situation = {
    base: { ...named('old '), '/etc/\xff*': file('gone'), '/etc/keep': file('*') },
    ours: { ...named('new '), '/etc/keep': file('*'), '/etc/l\xfe': symlink('\xff\n*') },
    theirs: { ...named('old '), '/etc/\xff*': file('gone'), '/etc/keep': file('*') },
  };
  await migrated(situation, ({ result, plan }) => {
    for (const name of awkward) {
      assert.equal(result.text(`/etc/${name}/${name}`), `new ${name}`);
      assert.equal(decisionOf(plan, `/etc/${name}/${name}`).decision, 'ours');
    }
    assert.deepEqual(result.names('/etc'), [...awkward, 'keep', 'l\xfe'].sort());
    assert.equal(result.target('/etc/l\xfe'), '\xff\n*');
    assert.equal(decisionOf(plan, '/etc/\xff*').decision, 'deleted');
  });
});

test('case 7: the command line gives awkward names as text, or as base64 where they are not UTF-8', async () => {
  const ours = Object.fromEntries(awkward.map((name) => [`/etc/${name}`, file(name)]));
  await withRoots({ base: { '/etc': directory() }, ours }, (roots) => {
    const [file, ...words] = program;
    const trees = ['--base', roots.base, '--old', roots.ours, '--new', roots.theirs];
    const document: unknown = JSON.parse(
      execFileSync(file, [...words, 'apply', ...trees, '--unattended', '--json'], { encoding: 'utf8' }),
    );
    assert.ok(typeof document === 'object' && document !== null && 'decisions' in document);
    assert.ok(Array.isArray(document.decisions));
    const paths = document.decisions.map(({ path }: { path: unknown }) => path);
    const expected = awkward
      .map((name) => Buffer.from(`/etc/${name}`, 'latin1'))
      .sort((a, b) => a.compare(b))
      .map((bytes) => (bytes.includes(0xff) ? { base64: bytes.toString('base64') } : bytes.toString('utf8')));
    assert.deepEqual(paths, expected);
    assert.deepEqual(readdirSync(join(roots.theirs, 'etc'), { encoding: 'latin1' }).sort(), [...awkward].sort());
  });
});

test('case 9: fifos and device nodes are carried with their numbers, modes and owners', async () => {
  const situation = {
    base: { '/srv/node': device('c', 1, 3) },
    ours: {
      '/srv/pipe': fifo({ mode: 0o620, owner: [12, 34], mtime: '1500000000.000000009' }),
      '/srv/disk': device('b', 259, 70000, { mode: 0o660, xattrs: { 'trusted.note': 'x\0y' } }),
      '/srv/node': device('c', 1, 5, { mode: 0o606 }),
    },
  } as const;
  await migrated(situation, ({ result, plan, roots }) => {
    assert.ok(result.stat('/srv/pipe').isFIFO());
    assert.deepEqual([result.mode('/srv/pipe'), result.owner('/srv/pipe')], ['620', [12, 34]]);
    assert.equal(result.mtime('/srv/pipe'), 1500000000000000009n);
    assert.deepEqual(result.xattrs('/srv/disk'), { 'trusted.note': 'x\0y' });
    assert.equal(
      execFileSync('stat', ['-c', '%F %t:%T %a', 'srv/disk', 'srv/node'], { cwd: roots.theirs, encoding: 'utf8' }),
      'block special file 103:11170 660\ncharacter special file 1:5 606\n',
    );
    assert.deepEqual(decisions(plan), { '/srv/disk': 'ours', '/srv/node': 'ours', '/srv/pipe': 'ours' });
  });
});

test('case 9: a socket and an overlay whiteout are not carried, each with a decision that says so', async () => {
  const situation = {
    base: { '/srv/was-file': file('image\n') },
    ours: { '/srv/sock': socket(), '/srv/white': device('c', 0, 0), '/srv/was-file': socket() },
  };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(result.names('/srv'), ['was-file']);
    assert.equal(result.text('/srv/was-file'), 'image\n');
    const said = ['/srv/sock', '/srv/was-file', '/srv/white'].map((path) => decisionOf(plan, path));
    assert.deepEqual(
      said.map(({ decision, reason }) => `${decision}: ${reason}`),
      [
        'not-carried: a socket lives as long as its process',
        'not-carried: a socket lives as long as its process',
        'not-carried: an overlay whiteout is no file',
      ],
    );
  });
});

test('case 9: special files in a directory that comes whole are left out too, and said to be', async () => {
  await planned(
    {
      base: { '/srv/d/a': file('a\n') },
      ours: { '/srv/d/a': file('A\n'), '/srv/d/sock': socket() },
      theirs: { '/srv/d': symlink('elsewhere') },
    },
    (plan) => assert.equal(decisionOf(plan, '/srv/d/sock').decision, 'not-carried'),
  );
});
