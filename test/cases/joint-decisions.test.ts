import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chownSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { noChoices } from '../../src/domain/choices.ts';
import { withDamagedContent, withDamagedFile } from './damaged-file.ts';
import { apply, decisionOf, itemKeys, itemOf, migrated, planned, type Roots, withRoots } from './migration.ts';
import { device, directory, fifo, file, symlink, type Tree } from './trees.ts';

const programs = { crontab: '/usr/bin/crontab', postdrop: '/usr/sbin/postdrop' } as const;

/** Two setgid programs of an image that gives their groups these numbers. */
function imageWith(crontab: number, postdrop: number): Tree {
  return {
    '/etc/passwd': file('root:x:0:0:root:/root:/bin/bash\n'),
    '/etc/group': file(groups(crontab, postdrop)),
    '/etc/fstab': file('# nothing\n'),
    '/etc/hostname': file('image\n'),
    [programs.crontab]: file('crontab', { mode: 0o2755, owner: [0, crontab] }),
    [programs.postdrop]: file('postdrop', { mode: 0o2755, owner: [0, postdrop] }),
  };
}

function groups(crontab: number, postdrop: number): string {
  return `root:x:0:\ncrontab:x:${crontab}:\npostdrop:x:${postdrop}:\n`;
}

const base = imageWith(101, 102);
const theirs = imageWith(102, 101);
const policy = 'default persist\nignore /usr/**\n';

/** Each program belongs to the group of its name, by the group file beside it, and is still setgid. */
function assertOwnedByName(root: string): void {
  const rows = readFileSync(`${root}/etc/group`, 'latin1').split('\n');
  for (const [name, path] of Object.entries(programs)) {
    const { gid, mode } = statSync(root + path);
    assert.equal(rows.find((row) => row.split(':')[2] === String(gid))?.split(':')[0], name, path);
    assert.equal(mode & 0o7777, 0o2755, path);
  }
}

test("cases 47, 76: with the image's settings in the place of an emptied /etc, owners go by the accounts of the result", async () => {
  const { '/usr/bin/crontab': crontab, '/usr/sbin/postdrop': postdrop } = base;
  const ours: Tree = { '/etc': directory(), [programs.crontab]: crontab, [programs.postdrop]: postdrop } as Tree;
  await migrated({ base, ours, theirs, policy, answers: { 'emptied:/etc': 'image' } }, ({ roots, result }) => {
    assert.deepEqual(result.names('/etc'), ['fstab', 'group', 'hostname', 'passwd']);
    assertOwnedByName(roots.theirs);
  });
});

test('cases 74, 76: what a reset or a rule takes from the image anyway is not asked about where /etc was emptied', async () => {
  const ours: Tree = { '/etc': directory() };
  await migrated({ base, ours, reset: { mode: 'config', keep: [] } }, ({ applied, plan, result }) => {
    assert.equal(applied.status, 'done');
    assert.deepEqual(itemKeys(plan), []);
    assert.deepEqual(result.names('/etc'), ['fstab', 'group', 'hostname', 'passwd']);
  });
  await planned({ base, ours, policy: 'ignore /etc/**\n' }, (plan) => assert.deepEqual(itemKeys(plan), []));
});

test('case 45: what a deleted account left behind is not handed to an account that the image adds', async () => {
  const left = file('left\n', { mode: 0o640, owner: [113, 114], acl: 'u:115:r' });
  const passwd = (rows: string): Tree => ({ '/etc/passwd': file(`root:x:0:0::/root:/bin/sh\n${rows}`) });
  const group = (rows: string): Tree => ({ '/etc/group': file(`root:x:0:\n${rows}`) });
  const before = { ...passwd(''), ...group('') };
  const after = {
    ...passwd('polkitd:x:113:114::/:/bin/false\nsshd:x:115:116::/:/bin/false\n'),
    ...group('polkitd:x:114:\nsshd:x:116:\n'),
    '/usr/lib/polkit': file('polkit', { owner: [113, 114] }),
  };
  await migrated(
    { on: 'ext4', base: before, ours: { ...before, '/srv/left': left }, theirs: after, policy },
    (done) => {
      const { result } = done;
      assert.deepEqual(result.owner('/srv/left'), [113, 114]);
      assert.doesNotMatch(result.text('/etc/passwd'), /:x:11[35]:/);
      assert.doesNotMatch(result.text('/etc/group'), /:x:114:/);
      const [uid, gid] = result.owner('/usr/lib/polkit');
      assert.match(result.text('/etc/passwd'), new RegExp(`^polkitd:x:${uid}:${gid}:`, 'm'));
      assert.match(result.text('/etc/group'), /^sshd:x:116:$/m);
    },
  );
});

test('case 45: what an account left behind that was deleted here is its own where the image needs the account', async () => {
  const root = 'root:x:0:0::/root:/bin/sh\n';
  const image: Tree = {
    '/etc/passwd': file(`${root}games:x:5:60::/:/bin/false\n`),
    '/etc/group': file('root:x:0:\ngames:x:60:\n'),
    '/usr/games': directory({ owner: [5, 60] }),
  };
  const gone = { '/etc/passwd': file(root), '/etc/group': file('root:x:0:\n') };
  const ours = { ...image, ...gone, '/srv/scores': file('9\n', { owner: [5, 60] }) };
  await migrated({ base: image, ours, policy }, ({ result }) => {
    assert.match(result.text('/etc/passwd'), /^games:x:5:60:/m);
    assert.deepEqual(result.owner('/srv/scores'), [5, 60]);
    assert.deepEqual(result.owner('/usr/games'), [5, 60]);
  });
});

test('cases 4, 47: where the accounts are pinned, owners go by what is pinned', async () => {
  const pinned = `${policy}pin /etc/passwd\npin /etc/group\n`;
  await migrated({ base, ours: base, theirs, policy: pinned }, ({ roots, result }) => {
    assert.equal(result.text('/etc/group'), groups(101, 102));
    assertOwnedByName(roots.theirs);
  });
});

test('case 47: links, pipes and devices of the image are re-owned by name, and the other name of a file with them', async () => {
  const others = (gid: number): Tree => ({
    '/usr/share/fifo': fifo({ owner: [0, gid] }),
    '/usr/share/tty': device('c', 5, 0, { owner: [0, gid] }),
    '/usr/share/link': symlink('fifo', { owner: [0, gid] }),
    '/usr/share/fixed': file('f', { owner: [0, gid], flags: '+i' }),
    '/usr/share/capable': file('c', { owner: [0, gid], capability: 'cap_net_raw=ep' }),
  });
  const prepare = (roots: Roots): void => {
    for (const root of [roots.base, roots.ours, roots.theirs])
      execFileSync('ln', [root + programs.crontab, `${root}/usr/share/other`]);
  };
  const ours = { ...base, ...others(101) };
  const situation = { on: 'ext4', base: ours, ours, theirs: { ...theirs, ...others(102) }, policy, prepare } as const;
  await migrated(situation, ({ roots, result }) => {
    assertOwnedByName(roots.theirs);
    for (const name of ['fifo', 'tty', 'link', 'fixed', 'capable', 'other'])
      assert.deepEqual(result.owner(`/usr/share/${name}`), [0, 101], name);
    assert.equal(result.stat('/usr/share/other').ino, result.stat(programs.crontab).ino);
    assert.ok(result.hasFlag('/usr/share/fixed', 'immutable'));
    assert.ok('security.capability' in result.xattrs('/usr/share/capable'));
  });
});

test('cases 47, 71: what is mounted in the new root is not re-owned', async () => {
  const ours = { ...base, '/data/x': file('ours\n') };
  await withRoots({ base: { ...base, '/data/x': file('base\n') }, ours, theirs }, (roots) => {
    const mountpoint = `${roots.theirs}/data`;
    execFileSync('mkdir', [mountpoint]);
    execFileSync('mount', ['-t', 'tmpfs', 'none', mountpoint]);
    try {
      writeFileSync(`${mountpoint}/x`, 'mounted\n');
      for (const path of [mountpoint, `${mountpoint}/x`]) chownSync(path, 0, 102);
      const { items } = apply(roots, { base: {}, ours: {}, policy }).plan;
      const { fingerprint } = itemOf(items, 'boundary-there:/data');
      const choices = new Map([['boundary-there:/data', { fingerprint, resolution: 'skip' }]]);
      assert.equal(apply(roots, { base: {}, ours: {}, policy }, choices).status, 'done');
      for (const path of [mountpoint, `${mountpoint}/x`]) assert.equal(statSync(path).gid, 102, path);
      assertOwnedByName(roots.theirs);
    } finally {
      execFileSync('umount', [mountpoint]);
    }
  });
});

test('case 42: another label is no change of a file that is decided with others', async () => {
  const labelled = (crontab: number, label: string): Tree => {
    const attributes = { xattrs: { 'security.selinux': label } };
    const passwd = file('root:x:0:0::/root:/bin/sh\n', attributes);
    return { '/etc/passwd': passwd, '/etc/group': file(groups(crontab, 9), attributes) };
  };
  const ours = { ...labelled(101, 'b'), '/etc/x': file('x') };
  const situation = { on: 'ext4', base: labelled(101, 'a'), ours, theirs: labelled(102, 'c') } as const;
  await migrated(situation, ({ plan, result }) => {
    assert.equal(decisionOf(plan, '/etc/passwd').decision, 'equal');
    assert.equal(decisionOf(plan, '/etc/group').decision, 'ours');
    assert.equal(result.xattrs('/etc/group')['security.selinux'], 'c');
  });
});

test('cases 15, 17, 61: what cannot lie under its new name, as there is no directory, is named and stops nothing else', async () => {
  const before = { '/etc/old/a': file('a\n'), '/etc/old/b': file('b\n') };
  const changed = {
    '/etc/old/a': file('mine\n'),
    '/etc/old/b': file('b\n'),
    '/etc/old/c': file('c\n'),
    '/etc/z': file('z\n'),
  };
  const rules = 'default persist\npersist /etc/old/ to=/etc/new/\n';
  const image = { '/etc/new/a': file('a\n') };
  const link = { '/etc/new': symlink('other'), '/etc/other/a': file('a\n') };
  for (const [ours, theirs] of [
    [{ ...changed, '/etc/new': symlink('/srv') }, image],
    [{ ...changed, '/etc/new': file('f') }, image],
    [changed, link],
  ] as const) {
    await planned({ base: before, ours, theirs, policy: rules }, ({ items }) => {
      const item = itemOf(items, 'no-directory:/etc/new');
      assert.deepEqual([item.severity, item.blocks, item.settled], ['error', 'boot', null]);
      assert.deepEqual(item.paths, ['/etc/new', '/etc/new/a', '/etc/new/c']);
    });
    const answers = { 'no-directory:/etc/new': 'skip' };
    await migrated({ base: before, ours, theirs, policy: rules, answers }, ({ applied, result }) => {
      assert.equal(applied.status, 'done');
      assert.equal(result.text('/etc/z'), 'z\n');
    });
  }
});

/** Applies with the answer that goes on without what cannot be read. */
function skipping(roots: Roots, key: string): void {
  const { items } = apply(roots, { base: {}, ours: {}, policy }, noChoices).plan;
  assert.deepEqual(
    items.filter((item) => item.key.startsWith('unreadable:')).map((item) => item.key),
    [key],
    'one question for one path',
  );
  const choices = new Map([[key, { fingerprint: itemOf(items, key).fingerprint, resolution: 'skip' }]]);
  assert.equal(apply(roots, { base: {}, ours: {}, policy }, choices).status, 'done');
}

test("cases 8, 47: where this machine's groups cannot be read, owners go by the image's, which the result has", async () => {
  await withDamagedFile('ours', '/etc/group', base, (roots) => {
    writeFileSync(`${roots.theirs}/etc/group`, groups(102, 101));
    chownSync(roots.theirs + programs.crontab, 0, 102);
    chownSync(roots.theirs + programs.postdrop, 0, 101);
    for (const path of Object.values(programs)) execFileSync('chmod', ['2755', roots.theirs + path]);
    skipping(roots, 'unreadable:/etc/group');
    assertOwnedByName(roots.theirs);
  });
  const padding = 'x'.repeat(9000);
  const long = (tree: Tree, text: string): Tree => ({ ...tree, '/etc/group': file(text + padding) });
  const trees = {
    base: long(base, `${groups(101, 102)}#`),
    ours: long(base, `${groups(101, 102)}##`),
    theirs: long(theirs, `${groups(102, 101)}###`),
  };
  await withDamagedContent('ours', padding.slice(0, 64), trees, (roots) => {
    skipping(roots, 'unreadable:/etc/group');
    assertOwnedByName(roots.theirs);
  });
});

test('cases 17, 63: modules of ours in /lib do not keep all of the old /lib where the image has a link there', async () => {
  const kernel = 'modules/6.1/kernel/k.ko';
  const before = { [`/lib/${kernel}`]: file('k'), '/lib/libc.so.6': file('old') };
  const ours = {
    ...before,
    '/lib/modules/6.1/updates': directory({ mode: 0o700 }),
    '/lib/modules/6.1/updates/vendor.ko': file('v'),
    '/lib/modules/6.1/updates/README': file('r'),
    '/lib/modules/6.1/updates/latest': symlink('README'),
  };
  const after = { [`/usr/lib/${kernel}`]: file('k'), '/usr/lib/libc.so.6': file('new'), '/lib': symlink('usr/lib') };
  const rules = `${policy}ignore /lib/\npersist /lib/modules/*/updates/\npersist /usr/lib/modules/*/updates/\n`;
  await planned({ base: before, ours, theirs: after, policy: rules }, (plan) => {
    const changed = plan.actions.filter(({ path }) => path.startsWith('/lib') || path.includes('/updates'));
    assert.deepEqual(
      changed.map(({ kind, path }) => `${kind} ${path}`),
      [
        'directory /usr/lib/modules/6.1/updates',
        'file /usr/lib/modules/6.1/updates/README',
        'symlink /usr/lib/modules/6.1/updates/latest',
        'file /usr/lib/modules/6.1/updates/vendor.ko',
      ],
    );
    assert.equal(decisionOf(plan, '/lib/modules/6.1/updates').decision, 'not-carried');
    assert.equal(changed[0]?.kind === 'directory' && changed[0].attributes.mode, 0o700);
  });
});
