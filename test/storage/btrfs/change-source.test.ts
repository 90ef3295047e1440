import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { noChoices } from '../../../src/domain/choices.ts';
import { planMigration, withTrees } from '../../../src/flows/plan-migration.ts';
import { btrfsChanges } from '../../../src/storage/btrfs/change-source.ts';
import { timesBelow } from '../../property/untouched.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { remountReadOnly, remountWritable } from '../../system/remount.ts';
import { assertSameFindings, candidatesOf, system, withRoots } from './compare-ways.ts';

/** A read-only `base`, and `ours`, a snapshot of it with one change, in a filesystem of their own. */
async function withPair(body: (top: string, base: string, ours: string) => void): Promise<void> {
  await withFilesystem('btrfs', (top) => {
    btrfs('subvolume', 'create', join(top, 'image'));
    fill(join(top, 'image'));
    btrfs('subvolume', 'snapshot', '-r', join(top, 'image'), join(top, 'base'));
    btrfs('subvolume', 'snapshot', join(top, 'base'), join(top, 'ours'));
    appendFileSync(join(top, 'ours/etc/changed'), 'local\n');
    body(top, join(top, 'base'), join(top, 'ours'));
  });
}

function fill(root: string): void {
  for (const directory of ['etc', 'srv/data', 'srv/next', 'mnt', 'var/lib/kept'])
    mkdirSync(join(root, directory), { recursive: true });
  for (const name of ['etc/changed', 'etc/same', 'srv/data/file', 'mnt/shipped', 'var/lib/kept/file']) {
    writeFileSync(join(root, name), `${name}\n`);
  }
}

test('what btrfs knows is as much as what was changed, and nothing is left behind or touched', async () => {
  await withPair((top, base, ours) => {
    const before = [timesBelow(Buffer.from(ours)), timesBelow(Buffer.from(base))];
    withRoots([base, ours], (tree) => {
      const candidates = candidatesOf(tree);
      assert.deepEqual(candidates, new Map([['/etc/changed', 'entry']]));
      assertSameFindings(tree, candidates);
    });
    assert.deepEqual([timesBelow(Buffer.from(ours)), timesBelow(Buffer.from(base))], before);
    assert.deepEqual(readdirSync(top).sort(), ['base', 'image', 'ours']);
  });
});

test('what only looks changed is no candidate: read, touched, moved away and back', async () => {
  await withPair((_top, base, ours) => {
    const file = join(ours, 'etc/same');
    execFileSync('touch', ['-a', '-d', '2001-01-01', file]);
    execFileSync('touch', ['-m', '-d', '2001-01-01', join(ours, 'srv/data/file')]);
    execFileSync('sh', ['-c', 'mv file moved; mv moved file'], { cwd: join(ours, 'var/lib/kept') });
    withRoots([base, ours], (tree) => {
      const candidates = candidatesOf(tree);
      assert.ok(candidates !== null);
      assert.deepEqual([...candidates.keys()], ['/etc/changed']);
      assertSameFindings(tree, candidates);
    });
  });
});

test('a change through one name of a file is found at all its names', async () => {
  await withFilesystem('btrfs', (top) => {
    const [base, ours] = [join(top, 'base'), join(top, 'ours')];
    btrfs('subvolume', 'create', base);
    mkdirSync(join(base, 'd'));
    writeFileSync(join(base, 'first'), 'content\n');
    // More than one item of the filesystem can hold.
    for (let number = 0; number < 400; number++) {
      linkSync(join(base, 'first'), join(base, `d/${'n'.repeat(200)}${number}`));
    }
    btrfs('property', 'set', '-ts', base, 'ro', 'true');
    btrfs('subvolume', 'snapshot', base, ours);
    appendFileSync(join(ours, `d/${'n'.repeat(200)}7`), 'more\n');
    withRoots([base, ours], (tree) => {
      const candidates = candidatesOf(tree);
      assert.ok(candidates !== null);
      assert.equal(assertSameFindings(tree, candidates).changes.length, 401);
    });
  });
});

test('cases 31, 121: mounts, nested subvolumes, their placeholders and other roots are named as the full comparison names them', async () => {
  await withPair((top, base, ours) => {
    btrfs('subvolume', 'create', join(ours, 'srv/nested'));
    writeFileSync(join(ours, 'srv/nested/inside'), '');
    writeFileSync(join(ours, 'etc/fstab'), 'tmpfs /mnt tmpfs defaults 0 0\ntmpfs /srv/data tmpfs defaults 0 0\n');
    execFileSync('rm', [join(ours, 'mnt/shipped')]);
    mkdirSync(join(top, 'elsewhere'));
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(ours, 'srv/data')]);
    execFileSync('mount', ['--bind', join(ours, 'srv/next'), join(top, 'elsewhere')]);
    execFileSync('mount', ['--bind', '/etc/hostname', join(ours, 'etc/same')]);
    withRoots([base, ours, join(top, 'elsewhere')], (tree) => {
      const candidates = candidatesOf(tree);
      assert.ok(candidates !== null);
      const { boundaries } = assertSameFindings(tree, candidates);
      const found = boundaries.map(({ path, kind }) => `${path} ${kind}`);
      assert.deepEqual(found, [
        '/etc/same mount',
        '/mnt mount',
        '/srv/data mount',
        '/srv/nested subvolume',
        '/srv/next root',
      ]);
    });
  });
});

test('that a placeholder of a nested subvolume was removed is found', async () => {
  await withFilesystem('btrfs', (top) => {
    const [image, base, ours] = [join(top, 'image'), join(top, 'base'), join(top, 'ours')];
    btrfs('subvolume', 'create', image);
    mkdirSync(join(image, 'var'));
    for (const name of ['removed', 'kept']) btrfs('subvolume', 'create', join(image, 'var', name));
    btrfs('subvolume', 'snapshot', '-r', image, base);
    btrfs('subvolume', 'snapshot', base, ours);
    execFileSync('rmdir', [join(ours, 'var/removed')]);
    withRoots([base, ours], (tree) => {
      const candidates = candidatesOf(tree);
      assert.ok(candidates !== null);
      const { changes, boundaries } = assertSameFindings(tree, candidates);
      assert.deepEqual(
        changes.map(({ path }) => path),
        ['/var/removed'],
      );
      assert.deepEqual(boundaries, [], 'a placeholder hides nothing');
    });
  });
});

test('where btrfs cannot tell, it does not: the reason is in the way the trees were made', async (t) => {
  await withPair((top, base, ours) => {
    btrfs('subvolume', 'create', join(top, 'stranger'));
    btrfs('property', 'set', '-ts', join(top, 'stranger'), 'ro', 'true');
    btrfs('subvolume', 'snapshot', ours, join(top, 'writable'));
    mkdirSync(join(top, 'plain'));
    expectNone(t, 'base was made for itself', [join(top, 'stranger'), ours]);
    expectNone(t, 'base can be written', [join(top, 'writable'), ours]);
    expectNone(t, 'ours is a directory in a subvolume', [base, join(ours, 'etc')]);
    expectNone(t, 'base is a directory in a subvolume', [join(base, 'etc'), ours]);
    expectNone(t, 'ours is on another filesystem', [base, '/proc']);
    expectNone(t, 'ours is the top of its filesystem', [base, top]);
    remountReadOnly(top);
    expectNone(t, 'no snapshot can be made', [base, ours]);
    remountWritable(top);
    withRoots([base, ours], (tree) => assert.ok(candidatesOf(tree) !== null));
  });
});

function expectNone(t: TestContext, reason: string, roots: readonly [string, string]): void {
  t.diagnostic(reason);
  withRoots(roots, (tree) => assert.equal(candidatesOf(tree), null, reason));
}

test('a read-only system is compared as it is, on a filesystem that nothing may write to', async () => {
  await withPair((top, base, ours) => {
    btrfs('property', 'set', '-ts', ours, 'ro', 'true');
    remountReadOnly(top);
    withRoots([base, ours], (tree) => assert.deepEqual(candidatesOf(tree), new Map([['/etc/changed', 'entry']])));
  });
});

test('as at boot: both are mounted read-only by themselves, and something else of the filesystem is mounted writable', async () => {
  await withPair((top) => {
    const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', top], { encoding: 'utf8' }).trim();
    mkdirSync(join(top, 'mounts'));
    const mounted = ['base', 'ours'].map((name) => {
      const directory = join(top, 'mounts', name);
      mkdirSync(directory);
      execFileSync('mount', ['-o', `ro,subvol=/${name}`, device, directory]);
      return directory;
    });
    const [base = '', ours = ''] = mounted;
    assert.throws(() => writeFileSync(join(ours, 'etc/changed'), ''), { code: 'EROFS' });
    withRoots([base, ours], (tree) => assert.deepEqual(candidatesOf(tree), new Map([['/etc/changed', 'entry']])));
  });
});

test('what a killed run has left is removed by the next one, and what a living one needs is not', async () => {
  await withPair((top, base, ours) => {
    const program = join(import.meta.dirname, 'die-while-comparing.ts');
    const { signal } = spawnSync(process.execPath, [program, base, ours], { stdio: 'inherit' });
    assert.equal(signal, 'SIGKILL');
    const left = readdirSync(top).filter((name) => name.startsWith('.migrate-comparing.'));
    assert.equal(left.length, 1, 'the snapshot is still there');
    const [boot = ''] = /[0-9a-f-]{36}/.exec(left[0] ?? '') ?? [];
    const [alive, earlier] = [`.migrate-comparing.${boot}.1`, `.migrate-comparing.${'0'.repeat(36)}.1`];
    for (const name of [alive, earlier]) btrfs('subvolume', 'snapshot', '-r', ours, join(top, name));
    withRoots([base, ours], (tree) => assert.ok(candidatesOf(tree) !== null));
    assert.deepEqual(readdirSync(top).sort(), [alive, 'base', 'image', 'ours']);
  });
});

test('case 4: with pinned paths too, a plan that asks btrfs is the plan that compares everything', async () => {
  await withPair((top, base, ours) => {
    btrfs('subvolume', 'snapshot', base, join(top, 'theirs'));
    appendFileSync(join(top, 'theirs/var/lib/kept/file'), 'new\n');
    const text = 'default persist\nignore /srv/**\npin /etc/same\npin /var/**/file\nignore /mnt/**\n';
    const request = {
      ...{ base, old: ours, new: join(top, 'theirs'), choices: noChoices, onProgress: () => undefined },
      policyFiles: [{ name: 'test.policy', text }],
    };
    const planned = [[], [btrfsChanges]].map((changeSources) =>
      withTrees(system, request, (trees) => planMigration(system, trees, { ...request, changeSources })),
    );
    const [whole, asked] = planned;
    assert.equal(asked?.plan.digest, whole?.plan.digest);
    assert.deepEqual(asked?.ours, whole?.ours);
    const decided = asked?.plan.decisions.map(({ path }) => path) ?? [];
    for (const path of ['/etc/changed', '/etc/same', '/var/lib/kept/file']) assert.ok(decided.includes(path), path);
  });
});

function btrfs(...args: string[]): void {
  execFileSync('btrfs', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
