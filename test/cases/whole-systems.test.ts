import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { apply, decisionOf, decisions, itemKeys, itemOf, migrated, planned, withRoots } from './migration.ts';
import { directory, file, run, symlink, type Tree } from './trees.ts';

const shippedPolicies = resolve(import.meta.dirname, '../../src/policy/shipped');
const shipped = ['10-base.policy', '20-debian.policy']
  .map((name) => readFileSync(join(shippedPolicies, name), 'utf8'))
  .join('\n');

test('case 54: who the machine is stays, whatever the image ships in its place', async () => {
  const base = { '/etc/machine-id': file(''), '/etc/hostname': file('image\n'), '/etc/ssh/sshd_config': file('x\n') };
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\n';
  const ours = {
    ...base,
    '/etc/machine-id': file('0123456789abcdef0123456789abcdef\n', { mode: 0o444 }),
    '/etc/hostname': file('machine7\n'),
    '/etc/ssh/ssh_host_ed25519_key': file(key, { mode: 0o600 }),
  };
  const theirs = {
    ...base,
    '/etc/machine-id': file('uninitialized\n'),
    '/etc/hostname': file('newer\n'),
    '/etc/ssh/ssh_host_ed25519_key': file('a key that every machine would share\n', { mode: 0o644 }),
  };
  await migrated({ base, ours, theirs, policy: shipped }, ({ result }) => {
    assert.equal(result.text('/etc/machine-id'), '0123456789abcdef0123456789abcdef\n');
    assert.equal(result.text('/etc/hostname'), 'machine7\n');
    assert.equal(result.text('/etc/ssh/ssh_host_ed25519_key'), key);
    assert.equal(result.mode('/etc/ssh/ssh_host_ed25519_key'), '600');
  });
});

test('case 55: stamps of an update are not in the result, whoever has them', async () => {
  const stamp = { '/etc/.updated': file('# stamp\n'), '/var/.updated': file('# stamp\n') };
  const base = { '/etc/a': file('x\n'), '/var/lib/x': file('x\n') };
  await migrated({ base, ours: { ...base, ...stamp }, theirs: base, policy: shipped }, ({ result }) => {
    assert.ok(!result.exists('/etc/.updated') && !result.exists('/var/.updated'));
  });
  for (const ours of [base, { ...base, ...stamp }]) {
    await migrated({ base, ours, theirs: { ...base, ...stamp }, policy: shipped }, ({ result, plan }) => {
      assert.ok(!result.exists('/etc/.updated') && !result.exists('/var/.updated'));
      assert.match(decisionOf(plan, '/etc/.updated').reason, /systemd does its work/);
    });
  }
  const kept = `${shipped}\npersist /etc/.updated\n`;
  await migrated({ base, ours: { ...base, ...stamp }, theirs: base, policy: kept }, ({ result }) => {
    assert.ok(result.exists('/etc/.updated') && !result.exists('/var/.updated'), 'a rule that names it has its way');
  });
});

test('case 68: back to the older image and forth again, what was changed on each is carried, by the image it came from', async () => {
  const imageA = { '/etc/a': file('a1\n'), '/etc/b': file('b1\n'), '/etc/c': file('one\n\ntwo\n\nthree\n') };
  const imageB = { '/etc/a': file('a2\n'), '/etc/b': file('b1\n'), '/etc/c': file('one\n\ntwo\n\nTHREE\n') };
  const onB = { ...imageB, '/etc/b': file('mine\n'), '/etc/c': file('ONE\n\ntwo\n\nTHREE\n') };
  // A machine that runs image B goes back to image A: its changes are those against B.
  await migrated({ base: imageB, ours: onB, theirs: imageA }, ({ result }) => {
    assert.equal(result.text('/etc/a'), 'a1\n');
    assert.equal(result.text('/etc/b'), 'mine\n');
    assert.equal(result.text('/etc/c'), 'ONE\n\ntwo\n\nthree\n');
  });
  // Forth again, from what that gave and an edit more: its changes are those against A.
  const onA = { ...imageA, '/etc/b': file('mine\n'), '/etc/c': file('ONE\n\n2\n\nthree\n') };
  await migrated({ base: imageA, ours: onA, theirs: imageB }, ({ result, plan }) => {
    assert.deepEqual(itemKeys(plan), []);
    assert.equal(result.text('/etc/a'), 'a2\n');
    assert.equal(result.text('/etc/b'), 'mine\n');
    assert.equal(result.text('/etc/c'), 'ONE\n\n2\n\nTHREE\n');
  });
});

test('case 68: the records of an earlier migration are no changes of the machine', async () => {
  const image = { '/etc/a': file('1\n'), '/var/lib/x': file('x\n') };
  const situation = { base: image, ours: { ...image, '/etc/a': file('2\n') } };
  await withRoots(situation, (roots) => {
    assert.equal(apply(roots, situation).status, 'done');
    const again = { base: roots.base, ours: roots.theirs, theirs: roots.outside, outside: roots.ours };
    const { plan } = apply(again, situation);
    const carried = Object.entries(decisions(plan)).filter(([, decision]) => decision !== 'ignored');
    assert.deepEqual(Object.fromEntries(carried), { '/etc': 'parent', '/etc/a': 'ours' });
  });
});

test("cases 72, 73: the environment of the boot loader and its entries are the new version's own", async () => {
  const environment = (text: string): string => `# GRUB Environment Block\n${text}`.padEnd(1024, '#');
  const entries = '/boot/loader/entries';
  const base = { '/boot/grub/grubenv': file(environment('saved_entry=1\n')), '/efi/a': file('a') };
  const ours = {
    '/boot/grub/grubenv': file(environment('saved_entry=0\nboot_success=0\n')),
    [`${entries}/v1+2-1.conf`]: file('title v1\n'),
    [`${entries}/v1.conf`]: file('title v1\n'),
    '/efi/a': file('b'),
  };
  const theirs = {
    '/boot/grub2/grubenv': symlink('../efi/EFI/x/grubenv'),
    '/boot/grub/grubenv': file(environment('saved_entry=1\n')),
    [`${entries}/v2+3.conf`]: file('title v2\n'),
    '/efi/a': file('a'),
  };
  await migrated({ base, ours, theirs, policy: shipped }, ({ result, plan }) => {
    assert.equal(result.text('/boot/grub/grubenv'), environment('saved_entry=1\n'));
    assert.equal(result.stat('/boot/grub/grubenv').size, 1024);
    assert.equal(result.target('/boot/grub2/grubenv'), '../efi/EFI/x/grubenv');
    assert.deepEqual(result.names(entries), ['v2+3.conf']);
    assert.equal(decisionOf(plan, `${entries}/v1.conf`).decision, 'ignored');
  });
});

test('a database is kept whole, with what was not changed here, whether or not the new image has one in its place', async () => {
  const cluster = (id: string) => ({
    '/var/lib/postgresql/15/main/PG_VERSION': file('15\n'),
    '/var/lib/postgresql/15/main/global/pg_control': file(`control of ${id}\0`),
    '/var/lib/postgresql/15/main/base/1/112': file(`relation of ${id}\0`),
    '/etc/postgresql/15/main/pg_hba.conf': file('local all all peer\n'),
  });
  const base = cluster('image 1');
  const ours = { ...base, '/var/lib/postgresql/15/main/global/pg_control': file('control, two transactions on\0') };
  for (const theirs of [cluster('image 2'), { '/var/lib/postgresql/17/main/PG_VERSION': file('17\n') }]) {
    await migrated({ base, ours, theirs, policy: shipped }, ({ result, plan }) => {
      const main = '/var/lib/postgresql/15/main';
      assert.equal(result.text(`${main}/PG_VERSION`), '15\n');
      assert.equal(result.text(`${main}/global/pg_control`), 'control, two transactions on\0');
      assert.equal(result.text(`${main}/base/1/112`), 'relation of image 1\0');
      assert.equal(result.text('/etc/postgresql/15/main/pg_hba.conf'), 'local all all peer\n');
      assert.deepEqual(itemKeys(plan), []);
    });
  }
});

test('case 61: settings in /etc/sysctl.conf stay in force in an image that reads /etc/sysctl.d only', async () => {
  const base = { '/etc/sysctl.conf': file('#a=1\n'), '/etc/sysctl.d/99-sysctl.conf': symlink('../sysctl.conf') };
  const ours = { ...base, '/etc/sysctl.conf': file('a=1\n') };
  const theirs = { '/etc/sysctl.d/README.sysctl': file('x\n') };
  await migrated({ base, ours, theirs, policy: shipped }, ({ result, plan }) => {
    assert.equal(result.text('/etc/sysctl.d/99-local-sysctl.conf'), 'a=1\n');
    assert.ok(!result.exists('/etc/sysctl.conf') && !result.exists('/etc/sysctl.d/99-sysctl.conf'));
    assert.deepEqual(itemKeys(plan), []);
  });
  await migrated({ base, ours, theirs: base, policy: shipped }, ({ result }) => {
    assert.equal(result.text('/etc/sysctl.conf'), 'a=1\n', 'an image that has it goes on reading it');
    assert.ok(!result.exists('/etc/sysctl.d/99-local-sysctl.conf'));
  });
});

test('case 61: the locale of this machine stays in force where Debian 13 keeps it, whatever systemd does at boot', async () => {
  const [c, german] = ['LANG=C.UTF-8\n', 'LANG=de_DE.UTF-8\nLC_TIME=en_DK.UTF-8\n'];
  const link = { '/etc/default/locale': symlink('../locale.conf') };
  // From /usr/lib/tmpfiles.d/debian.conf of systemd 257.
  const boot = { '/usr/lib/tmpfiles.d/debian.conf': file('L+ /etc/default/locale - - -  -  ../locale.conf\n') };
  const cases = [
    { base: { '/etc/default/locale': file(c) }, theirs: { ...boot, ...link, '/etc/locale.conf': file(c) }, items: [] },
    { base: {}, theirs: { ...boot, ...link }, items: [] },
    { base: {}, theirs: { ...boot, '/etc/locale.conf': file(c) }, items: ['content:/etc/locale.conf'] },
  ];
  for (const { base, theirs, items } of cases) {
    const ours = { ...base, '/etc/default/locale': file(german) };
    await migrated({ base, ours, theirs, policy: shipped }, ({ result, plan }) => {
      assert.equal(result.text('/etc/locale.conf'), german);
      assert.deepEqual(itemKeys(plan), [...items, 'stale-initramfs:/']);
      run('systemd-tmpfiles', `--root=${result.directory}`, '--create');
      assert.equal(result.target('/etc/default/locale'), '../locale.conf');
    });
  }
  const twelve = { base: {}, ours: { '/etc/default/locale': file(german) }, theirs: {}, policy: shipped };
  await migrated(twelve, ({ result }) => assert.equal(result.text('/etc/default/locale'), german));
});

test('a log stays as it is here, though the build of the new image left another one', async () => {
  const log = (lines: string) => ({ '/var/log/fontconfig.log': file(lines) });
  const situation = { base: log('built 1\n'), ours: log('built 1\nran\n'), theirs: log('built 2\n') };
  await migrated({ ...situation, policy: shipped }, ({ result, plan }) => {
    assert.equal(result.text('/var/log/fontconfig.log'), 'built 1\nran\n');
    assert.deepEqual(itemKeys(plan), []);
  });
});

test('the index of aliases is nothing to ask about where both sides made it anew', async () => {
  const of = (index: string, aliases: string) => ({
    '/etc/aliases': file(aliases),
    '/etc/aliases.db': file(`\0${index}`),
  });
  const situation = { base: of('1', 'root: a\n'), ours: of('2', 'root: b\n'), theirs: of('3', 'root: a\n') };
  await migrated({ ...situation, policy: shipped }, ({ result, plan }) => {
    assert.equal(result.text('/etc/aliases.db'), '\x002');
    assert.deepEqual(itemKeys(plan), []);
  });
});

const settings: Tree = {
  '/etc/passwd': file('root:x:0:0::/root:/bin/sh\n'),
  '/etc/group': file('root:x:0:\n'),
  '/etc/fstab': file('/dev/vda1 / ext4 defaults 0 1\n'),
  '/etc/pam.d/login': file('auth required pam_unix.so\n'),
  '/etc/hostname': file('image\n'),
  '/srv/data': file('x\n'),
};
const emptied: Tree = { '/etc': directory(), '/srv/data': file('y\n') };

test('case 76: an /etc that was emptied stops an unattended migration, and the old system stays', async () => {
  await migrated({ base: settings, ours: emptied }, ({ applied, plan, result }) => {
    assert.equal(applied.status, 'waiting');
    const item = itemOf(plan.items, 'emptied:/etc');
    assert.deepEqual([item.severity, item.blocks, item.settled], ['error', 'boot', null]);
    assert.match(item.title, /^5 of the 5 names/);
    assert.equal(result.text('/srv/data'), 'x\n', 'nothing was applied');
  });
});

test("case 76: a person may take the image's settings, or say that the deletions are meant", async () => {
  const answers = { 'emptied:/etc': 'image' };
  await migrated({ base: settings, ours: emptied, answers }, ({ result }) => {
    assert.deepEqual(result.names('/etc'), ['fstab', 'group', 'hostname', 'pam.d', 'passwd']);
    assert.deepEqual(result.names('/etc/pam.d'), ['login']);
    assert.equal(result.text('/srv/data'), 'y\n', 'what was changed elsewhere is carried');
  });
  await planned({ base: settings, ours: emptied }, (plan) => {
    assert.equal(decisionOf(plan, '/etc/hostname').decision, 'deleted');
  });
});

test('case 76: single deletions are changes like any other', async () => {
  const { '/etc/hostname': _gone, '/etc/fstab': _too, ...ours } = settings;
  await migrated({ base: settings, ours }, ({ plan, result }) => {
    assert.deepEqual(itemKeys(plan), []);
    assert.deepEqual(result.names('/etc'), ['group', 'pam.d', 'passwd']);
  });
});
