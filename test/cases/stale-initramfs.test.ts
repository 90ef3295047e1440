import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Files } from '../../src/system/files.ts';
import type { Trees } from '../../src/tree/compare-trees.ts';
import { newRelease, toFitting } from './kernel-images.ts';
import { apply, itemKeys, itemOf, migrated, planned, type Situation, withRoots } from './migration.ts';
import { directory, file, hardLink, symlink, type Tree } from './trees.ts';

test('cases 56, 63: settings of modules are carried, and the initramfs that lacks all this is named and left to be made anew', async () => {
  await migrated(toFitting(), ({ result, plan }) => {
    assert.equal(result.text('/etc/modules-load.d/vendor.conf'), 'vendor\n');
    assert.equal(result.text('/etc/modprobe.d/vendor.conf'), 'options vendor debug=1\n');
    const item = itemOf(plan.items, 'stale-initramfs:/');
    const paths = [
      '/etc/modprobe.d/vendor.conf',
      '/etc/modules-load.d/vendor.conf',
      `/usr/lib/modules/${newRelease}/updates/vendor.ko.xz`,
    ];
    assert.deepEqual(item.paths, paths);
    assert.deepEqual([item.severity, item.blocks], ['recommendation', 'nothing']);
    const record = JSON.parse(result.text('/var/lib/migrate/initramfs-stale')) as unknown;
    assert.deepEqual(record, { schema: 'migrate.work/1', paths });
    assert.equal(result.exists('/var/lib/migrate/modules-to-build'), false);
  });
});

test('case 56: an answer leaves the initramfs as it is', async () => {
  await migrated({ ...toFitting(), answers: { 'stale-initramfs:/': 'leave' } }, ({ result }) => {
    assert.equal(result.exists('/var/lib/migrate/initramfs-stale'), false);
  });
});

test('case 56: what no initramfs holds leaves it alone; of fstab that is what the booted system mounts', async () => {
  const root = 'UUID=1 / ext4 defaults 0 1\n';
  const situation = (mounts: string): Situation => ({
    base: { '/etc/fstab': file(root), '/etc/crypttab': file('a\n'), '/etc/modprobe.d/x.conf': file('x\n') },
    ours: {
      '/etc/fstab': file(root + mounts),
      '/etc/crypttab': file('a\n', { mode: 0o600 }),
      '/etc/modprobe.d/x.conf': file('x\n'),
      '/etc/hosts': file('h\n'),
      '/etc/cryptography': directory(),
    },
  });
  await planned(situation('tmpfs /srv tmpfs defaults 0 0\n'), (plan) => {
    assert.deepEqual(
      itemKeys(plan).filter((key) => key.startsWith('stale')),
      [],
    );
  });
  await planned(situation('tmpfs\t/var/lib  tmpfs  noatime,x-initrd.mount\n'), (plan) => {
    assert.deepEqual(itemOf(plan.items, 'stale-initramfs:/').paths, ['/etc/fstab']);
  });
  // The entry of /usr is the image's, unless a rule takes the file whole.
  const usr = situation('tmpfs /usr tmpfs defaults 0 0\ntmpfs /srv tmpfs defaults 0 0\n');
  await planned(usr, (plan) => {
    assert.ok(plan.actions.some(({ path }) => path === '/etc/fstab'));
    assert.equal(itemKeys(plan).includes('stale-initramfs:/'), false);
  });
  await planned({ ...usr, policy: 'default persist\npersist /etc/fstab strategy=copy\n' }, (plan) => {
    assert.deepEqual(itemOf(plan.items, 'stale-initramfs:/').paths, ['/etc/fstab']);
  });
});

test('case 56: a file that only changed its attributes is no stale copy, even where it has to be a file of its own', async () => {
  const pair: Tree = { '/etc/crypttab': file('a\n'), '/etc/other': hardLink('/etc/crypttab') };
  const situation: Situation = {
    base: pair,
    ours: { '/etc/crypttab': file('a\n', { mode: 0o600 }), '/etc/other': file('a\n') },
  };
  await planned({ ...situation, theirs: pair }, (plan) => {
    assert.ok(plan.actions.some((action) => action.kind === 'file' && action.content.from === 'theirs'));
    assert.equal(itemKeys(plan).includes('stale-initramfs:/'), false);
  });
});

test('case 56: a deleted file, a link and a merged one are stale copies too', async () => {
  const lines = (first: string, last: string): string => `${first}\n2\n3\n4\n5\n${last}\n`;
  const situation: Situation = {
    base: { '/etc/crypttab': file('a\n'), '/etc/vconsole.conf': file(lines('1', '6')) },
    ours: { '/etc/vconsole.conf': file(lines('one', '6')), '/etc/udev/rules.d/9.rules': symlink('/dev/null') },
    theirs: { '/etc/crypttab': file('a\n'), '/etc/vconsole.conf': file(lines('1', 'six')) },
    policy: 'default persist\npersist /etc/** strategy=merge\n',
  };
  await planned(situation, (plan) => {
    const paths = ['/etc/crypttab', '/etc/udev/rules.d/9.rules', '/etc/vconsole.conf'];
    assert.deepEqual(itemOf(plan.items, 'stale-initramfs:/').paths, paths);
  });
});

test('cases 56, 65: a run that is interrupted around the record leaves it all the same', async () => {
  const situation: Situation = { base: {}, ours: { '/etc/crypttab': file('a\n') } };
  for (const stop of ['initramfs-stale', 'outcome.json']) {
    await withRoots(situation, (roots) => {
      const seen = (trees: Trees): Trees => ({
        ...trees,
        theirs: stoppingAt(trees.theirs, `/var/lib/migrate/${stop}`),
      });
      assert.throws(() => apply(roots, { ...situation, seen }), /the power went/);
      const { theirs } = roots;
      assert.equal(existsSync(join(theirs, 'var/lib/migrate/outcome.json')), false);
      assert.equal(apply(roots, situation).status, 'done');
      const record = readFileSync(join(theirs, 'var/lib/migrate/initramfs-stale'), 'utf8');
      assert.equal(record, '{"schema":"migrate.work/1","paths":["/etc/crypttab"]}\n');
      assert.deepEqual(readdirSync(join(theirs, 'var/lib/migrate')).sort(), [
        'initramfs-stale',
        'ours.json',
        'outcome.json',
        'plan.json',
      ]);
    });
  }
});

/** The files of a root whose machine goes off when this name is to come into being. */
function stoppingAt(files: Files, path: string): Files {
  return new Proxy(files, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]): unknown => {
        if (name === 'rename' && args[1] === path) throw new Error('the power went');
        return value.apply(target, args);
      };
    },
  });
}
