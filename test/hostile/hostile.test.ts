import assert from 'node:assert/strict';
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { apply, decisions, itemKeys, migrated, type Roots, withRoots } from '../cases/migration.ts';
import { directory, file, run, symlink, type Tree } from '../cases/trees.ts';

/** 1,000,000 in a full run. */
const manyNames = Number(process.env['MIGRATE_HOSTILE_NAMES'] ?? 100_000);

test('links to everywhere and loops of links are carried as links, and nothing is read or written through them', async () => {
  const links: Tree = {
    '/etc/root': symlink('/'),
    '/etc/up': symlink('../../../../../../../../etc'),
    '/etc/self': symlink('self'),
    '/etc/a': symlink('b'),
    '/etc/b': symlink('a'),
    '/etc/proc': symlink('/proc/self/root/etc'),
    '/etc/fd': symlink('/dev/fd/0'),
    '/etc/long': symlink('x/'.repeat(2000)),
    '/etc/dir/into': symlink('..'),
    '/etc/nowhere': symlink('\xff\n'),
  };
  await migrated({ base: { '/etc/x': file('x') }, ours: { '/etc/x': file('x'), ...links } }, ({ result }) => {
    for (const [path, node] of Object.entries(links)) {
      assert.equal(result.target(path), node.type === 'symlink' ? node.target : '', path);
    }
  });
  // The image has directories with files where the machine has links that lead there.
  const filled = Object.fromEntries(Object.keys(links).map((path) => [`${path}/inside`, file('image\n')]));
  const theirs: Tree = { '/etc/x': file('x'), ...filled };
  await migrated({ base: { '/etc/x': file('x') }, ours: { '/etc/x': file('x'), ...links }, theirs }, ({ result }) => {
    for (const path of Object.keys(links)) assert.ok(result.stat(path).isSymbolicLink(), path);
  });
});

test('names of 255 bytes of any kind are carried', async () => {
  const names = [
    'n'.repeat(255),
    '\xff'.repeat(255),
    '\n'.repeat(255),
    '-'.repeat(255),
    '*'.repeat(255),
    '\u00c3\u00a4'.repeat(127),
  ];
  const added: Tree = Object.fromEntries(names.map((name) => [`/srv/${name}`, file(name)]));
  const nested: Tree = { [`/srv/d/${names.slice(0, 4).join('/')}`]: file('deep') };
  await migrated({ base: { '/srv': directory() }, ours: { ...added, ...nested } }, ({ result }) => {
    for (const [path, node] of Object.entries({ ...added, ...nested })) {
      assert.equal(result.text(path), node.type === 'file' ? node.content : '', path);
    }
  });
});

const depth = 4000;

/** Runs Python in a directory; a path of this depth is longer than the kernel takes in one call. */
function inDirectory(directory: string, ...lines: readonly string[]): string {
  return run('python3', '-c', ['import os, sys', 'os.chdir(sys.argv[1])', ...lines].join('\n'), directory).trim();
}

function makeDeep(root: string): void {
  const dig = `for level in range(${depth}): os.mkdir('d'); os.chdir('d')`;
  inDirectory(root, dig, "open('bottom', 'w').write('found')");
}

function readDeep(root: string): string {
  return inDirectory(root, `for level in range(${depth}): os.chdir('d')`, "print(open('bottom').read())");
}

test('directories 4,000 deep are compared and carried', async () => {
  const situation = { base: {}, ours: {}, on: 'ext4', prepare: (roots: Roots) => makeDeep(roots.ours) } as const;
  await withRoots(situation, (roots) => {
    const { plan, status } = apply(roots, situation);
    assert.equal(status, 'done');
    assert.equal(plan.decisions.length, depth + 1);
    assert.equal(readDeep(roots.theirs), 'found');
  });
});

test('directories 4,000 deep that were deleted here go', async () => {
  const prepare = (roots: Roots): void => [roots.base, roots.theirs].forEach(makeDeep);
  const situation = { base: {}, ours: {}, on: 'ext4', prepare } as const;
  await withRoots(situation, (roots) => {
    assert.equal(apply(roots, situation).status, 'done');
    assert.ok(!existsSync(join(roots.theirs, 'd')));
  });
});

test('a directory with many names is compared and its changes carried', { timeout: 600_000 }, async () => {
  const names = Array.from({ length: manyNames }, (_, index) => `name-${index}`);
  const fill = (root: string): void => {
    mkdirSync(join(root, 'many'));
    for (const name of names) writeFileSync(join(root, 'many', name), '');
  };
  const prepare = ({ base, ours, theirs }: { base: string; ours: string; theirs: string }): void => {
    for (const root of [base, ours, theirs]) fill(root);
    writeFileSync(join(ours, 'many/name-7'), 'edited');
    writeFileSync(join(ours, 'many/zzz'), 'added');
  };
  const situation = { base: {}, ours: {}, prepare, size: '4G', seen: <Trees>(trees: Trees) => trees };
  await migrated(situation, ({ plan, result }) => {
    assert.deepEqual(decisions(plan), { '/many/name-7': 'ours', '/many/zzz': 'ours' });
    assert.equal(result.names('/many').length, manyNames + 1);
  });
});

test('a file of 10 GB with holes is compared and carried with them, on a filesystem with a tenth of the room', async () => {
  const size = 10 * 2 ** 30;
  const image = file('start', { size });
  const answers = {};
  const situation = {
    base: { '/srv/disk': image },
    ours: { '/srv/disk': file('START', { size }), '/srv/copy': image },
    answers,
  };
  await migrated({ ...situation, on: 'ext4', size: '1G' }, ({ plan, result, roots }) => {
    assert.deepEqual(itemKeys(plan), []);
    assert.ok(plan.summary.bytes < 2 ** 20);
    for (const path of ['/srv/disk', '/srv/copy']) {
      const { size: carried, blocks } = statSync(join(roots.theirs, path));
      assert.equal(carried, size);
      assert.ok(blocks * 512 < 2 ** 20, 'holes stay holes');
      assert.equal(result.stat(path).size, size);
    }
  });
});

test('setuid, setgid and sticky on everything, and flags that lock, come as they are', async () => {
  const theirs: Tree = { '/srv/x': file('x'), '/srv/locked': file('old', { flags: '+i' }) };
  const ours: Tree = {
    '/srv/x': file('y', { mode: 0o7777, owner: [1234, 1234] }),
    '/srv/locked': file('new', { mode: 0o6755, flags: '+i' }),
    '/srv/log': file('lines', { flags: '+a', mode: 0o2600 }),
    '/srv/d': directory({ mode: 0o7777, owner: [1, 2], flags: '+i' }),
    '/srv/d/in': file('in', { mode: 0o4711, owner: [3, 4] }),
  };
  await migrated({ base: theirs, ours, on: 'ext4' }, ({ result }) => {
    assert.equal(result.mode('/srv/x'), '7777');
    assert.deepEqual(result.owner('/srv/x'), [1234, 1234]);
    assert.deepEqual([result.text('/srv/locked'), result.mode('/srv/locked')], ['new', '6755']);
    assert.ok(result.hasFlag('/srv/locked', 'immutable') && result.hasFlag('/srv/log', 'appendOnly'));
    assert.deepEqual([result.mode('/srv/d'), result.mode('/srv/d/in')], ['7777', '4711']);
    assert.ok(result.hasFlag('/srv/d', 'immutable'));
  });
});
