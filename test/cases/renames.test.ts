import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisionOf, decisions, itemKeys, migrated } from './migration.ts';
import { directory, file, symlink, type Tree } from './trees.ts';

const policy = 'default persist\npersist /etc/old/ to=/etc/new/ # as imgbased renamed vdsm-imaged\n';
const lines = (first: string, last: string): string => `${first}\n\ntwo\n\n${last}\n`;

/** An image of a package that keeps its settings in that directory. */
function image(name: string, version: string): Tree {
  return {
    [`/etc/${name}`]: directory({ mode: 0o750 }),
    [`/etc/${name}/main.conf`]: file(lines('one', `three of ${version}`), { mode: version === '1' ? 0o644 : 0o640 }),
    [`/etc/${name}/plain`]: file(`plain ${version}\n`),
    [`/etc/${name}/default`]: file('default\n'),
    [`/etc/${name}/sites/a`]: file('a\n'),
    [`/etc/${name}/on/a`]: symlink('../sites/a'),
  };
}

function machine(): Tree {
  const { '/etc/old/default': _, ...rest } = image('old', '1');
  return {
    ...rest,
    '/etc/old/main.conf': file(lines('ONE', 'three of 1'), { mtime: '1600000000.123456789', owner: [0, 42] }),
    '/etc/old/sites': directory({ mode: 0o700 }),
    '/etc/old/sites/b': file('b\n', { mode: 0o600, mtime: '1600000001.5' }),
    '/etc/old/on/b': symlink('/etc/old/sites/b'),
    '/etc/old/own': directory({ mode: 0o711 }),
    '/etc/old/own/key': file('key\n', { mode: 0o400 }),
  };
}

test('case 61: what was changed in a directory that the package renamed is carried to its new name', async () => {
  await migrated(
    { base: image('old', '1'), ours: machine(), theirs: image('new', '2'), policy },
    ({ result, plan }) => {
      assert.deepEqual(itemKeys(plan), []);
      assert.equal(result.text('/etc/new/main.conf'), lines('ONE', 'three of 2'));
      assert.equal(result.mode('/etc/new/main.conf'), '640', "the mode is the image's, which changed it");
      assert.deepEqual(result.owner('/etc/new/main.conf'), [0, 42], "the group is the machine's, which changed it");
      assert.equal(result.text('/etc/new/plain'), 'plain 2\n');
      assert.equal(result.exists('/etc/new/default'), false, 'deleted here');
      assert.equal(result.mode('/etc/new'), '750');
      assert.equal(result.mode('/etc/new/sites'), '700');
      assert.deepEqual(result.names('/etc/new/sites'), ['a', 'b']);
      assert.equal(result.mode('/etc/new/sites/b'), '600');
      assert.equal(result.mtime('/etc/new/sites/b'), 1_600_000_001_500_000_000n);
      assert.equal(result.target('/etc/new/on/b'), '/etc/new/sites/b');
      assert.equal(result.mode('/etc/new/own'), '711');
      assert.equal(result.text('/etc/new/own/key'), 'key\n');
      assert.equal(result.exists('/etc/old'), false, 'nothing is left under the old name');
      assert.equal(decisionOf(plan, '/etc/new/main.conf').strategy, 'renames');
      assert.equal(decisionOf(plan, '/etc/old/main.conf').decision, 'not-carried');
      assert.match(decisionOf(plan, '/etc/old/main.conf').reason, /\/etc\/new\/main\.conf/);
    },
  );
});

test('case 61: an image that ships nothing under the new name gets the directories as they were here', async () => {
  const theirs = { '/etc/passwd': file('') };
  await migrated(
    { base: { ...image('old', '1'), ...theirs }, ours: { ...machine(), ...theirs }, theirs, policy },
    (one) => {
      assert.equal(one.result.mode('/etc/new'), '750');
      assert.equal(one.result.mode('/etc/new/sites'), '700');
      assert.equal(one.result.text('/etc/new/main.conf'), lines('ONE', 'three of 1'));
      assert.equal(one.result.mtime('/etc/new/main.conf'), 1_600_000_000_123_456_789n);
      assert.equal(one.result.exists('/etc/old'), false);
    },
  );
});

test('case 61: a link of the image under the old name stays, and leads to what was carried', async () => {
  const theirs = { ...image('new', '2'), '/etc/old': symlink('new') };
  await migrated({ base: image('old', '1'), ours: machine(), theirs, policy }, ({ result }) => {
    assert.equal(result.target('/etc/old'), 'new');
    assert.equal(result.text('/etc/new/main.conf'), lines('ONE', 'three of 2'));
  });
});

test('case 61: while the image has the old name, and without the rule, nothing is renamed', async () => {
  const both = { ...image('new', '2'), ...image('old', '2') };
  for (const [theirs, text] of [
    [both, policy],
    [image('new', '2'), 'default persist\n'],
  ] as const) {
    await migrated({ base: image('old', '1'), ours: machine(), theirs, policy: text }, ({ result, plan }) => {
      assert.match(result.text('/etc/old/main.conf'), /^ONE\n/);
      assert.equal(result.text('/etc/new/main.conf'), lines('one', 'three of 2'));
      assert.equal(decisions(plan)['/etc/new/main.conf'], undefined);
    });
  }
});

test('case 61: changed on both sides in the same place, ours stands under the new name, and a person is told', async () => {
  const ours = { ...image('old', '1'), '/etc/old/plain': file('plain of the machine\n') };
  const situation = { base: image('old', '1'), ours, theirs: image('new', '2'), policy };
  await migrated(situation, ({ result, plan }) => {
    assert.deepEqual(itemKeys(plan), ['content:/etc/new/plain']);
    assert.equal(result.text('/etc/new/plain'), 'plain of the machine\n');
  });
  await migrated({ ...situation, answers: { 'content:/etc/new/plain': 'theirs' } }, ({ result }) => {
    assert.equal(result.text('/etc/new/plain'), 'plain 2\n');
    assert.equal(result.exists('/etc/old'), false);
  });
});

test('case 61: holes of a file that is carried to its new name are not counted as bytes to write, and stay holes', async () => {
  const base: Tree = { '/etc/old': directory() };
  const ours: Tree = { '/etc/old/disk': file('x', { size: 2 ** 23 }) };
  await migrated({ base, ours, theirs: { '/etc/new': directory() }, policy }, ({ result, plan }) => {
    const { size, blocks } = result.stat('/etc/new/disk');
    assert.equal(size, 2 ** 23);
    assert.ok(blocks * 512 < 2 ** 20 && plan.summary.bytes < 2 ** 20, `${plan.summary.bytes} bytes to write`);
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('case 17: a directory that the policy leaves to the image does not come along for what is carried in it', async () => {
  const policy = 'default persist\nignore /lib/\npersist /lib/local/\n';
  const base: Tree = { '/lib/libc.so': file('old libc\n'), '/lib/local/x': file('x\n') };
  const ours: Tree = { '/lib/libc.so': file('old libc\n'), '/lib/local/x': file('mine\n') };
  const theirs: Tree = { '/usr/lib/libc.so': file('new libc\n'), '/lib': symlink('usr/lib') };
  await migrated({ base, ours, theirs, policy }, ({ applied, plan, result }) => {
    assert.equal(applied.status, 'waiting');
    assert.deepEqual(itemKeys(plan), ['no-directory:/lib']);
    assert.equal(result.target('/lib'), 'usr/lib');
  });
  const answers = { 'no-directory:/lib': 'skip' };
  await migrated({ base, ours, theirs, policy, answers }, ({ result }) => {
    assert.equal(result.target('/lib'), 'usr/lib');
    assert.ok(!result.exists('/usr/lib/local'));
  });
});
