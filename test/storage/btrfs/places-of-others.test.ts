import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Unreadable } from '../../../src/domain/change.ts';
import { noChoices } from '../../../src/domain/choices.ts';
import type { RootPath } from '../../../src/domain/path.ts';
import { planMigration, withTrees } from '../../../src/flows/plan-migration.ts';
import { btrfsChanges } from '../../../src/storage/btrfs/change-source.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import type { Trees } from '../../../src/tree/compare-trees.ts';
import { emptyTree } from '../../../src/tree/computed-files.ts';
import { ownersIn, pathsToReown } from '../../../src/tree/walk-owners.ts';
import { type FilesystemKind, withFilesystem } from '../../system/loop-filesystem.ts';

const system = realSystem(['/bin/false']);

/** Opens a directory anew: what was found of a tree is kept with it. */
function withTree<Result>(root: string, use: (trees: Trees) => Result): Result {
  const theirs = system.openRoot(root);
  try {
    return use({ base: emptyTree, ours: emptyTree, theirs });
  } finally {
    theirs.close();
  }
}

type Seen = {
  readonly users: readonly number[];
  readonly groups: readonly number[];
  readonly paths: readonly RootPath[];
};

/** Who owns anything, and what has another owner when all numbers move but root's. */
function seen(root: string, way: 'storage' | 'walk'): Seen {
  return withTree(root, (trees) => {
    const unreadable: Unreadable[] = [];
    const places = way === 'walk' ? null : btrfsChanges.placesOfOthers(trees.theirs, system);
    assert.ok(way === 'walk' || places !== null, 'btrfs knows');
    const { users, groups } = ownersIn(trees, 'theirs', places, unreadable);
    const moved = (numbers: ReadonlySet<number>): Map<number, number> =>
      new Map([...numbers].filter((number) => number !== 0).map((number) => [number, number + 100_000]));
    const paths = pathsToReown(trees, { users: moved(users), groups: moved(groups) }, unreadable);
    assert.deepEqual(unreadable, []);
    return { users: [...users].sort(), groups: [...groups].sort(), paths: [...paths].sort() };
  });
}

async function withSubvolume(body: (root: string) => void, kind: FilesystemKind = 'btrfs'): Promise<void> {
  await withFilesystem(kind, (top) => {
    const root = join(top, 'root');
    if (kind === 'btrfs') btrfs('subvolume', 'create', root);
    else mkdirSync(root);
    fill(root);
    body(root);
  });
}

function btrfs(...args: string[]): void {
  execFileSync('btrfs', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function fill(root: string): void {
  for (const directory of ['etc/deep/er', 'var/many', 'usr/bin']) mkdirSync(join(root, directory), { recursive: true });
  for (const name of ['etc/roots', 'etc/users', 'etc/groups', 'etc/acl', 'etc/deep/er/linked', 'usr/bin/crontab'])
    writeFileSync(join(root, name), name);
  // More than one answer of the kernel holds.
  for (let number = 0; number < 3000; number++) writeFileSync(join(root, 'var/many', `${number}`), 'x'.repeat(100));
  lchownSync(join(root, 'etc/users'), 1001, 0);
  lchownSync(join(root, 'etc/groups'), 0, 1002);
  lchownSync(join(root, 'usr/bin/crontab'), 0, 105);
  lchownSync(join(root, 'var/many/2999'), 1003, 1003);
  linkSync(join(root, 'etc/deep/er/linked'), join(root, 'usr/bin/linked'));
  lchownSync(join(root, 'usr/bin/linked'), 1004, 0);
  symlinkSync('users', join(root, 'etc/symlink'));
  lchownSync(join(root, 'etc/symlink'), 1005, 0);
}

test('case 44: btrfs knows who owns anything as well as a walk does', async () => {
  await withSubvolume((root) => {
    execFileSync('setfacl', ['-m', 'u:1006:r', join(root, 'etc/acl')]);
    execFileSync('setfacl', ['-d', '-m', 'g:1007:r', join(root, 'etc/deep')]);
    const walked = seen(root, 'walk');
    assert.deepEqual(seen(root, 'storage'), walked);
    assert.deepEqual(walked.users, [0, 1001, 1003, 1004, 1005, 1006]);
    assert.ok(walked.paths.includes('/etc/deep') && walked.paths.includes('/usr/bin/linked'));
    assert.equal(walked.paths.length, 9);
  });
});

test('case 44: what changed its owner just now is known, and what is gone is not', async () => {
  await withSubvolume((root) => {
    const gone = openSync(join(root, 'etc/gone'), 'w');
    try {
      chownSync(join(root, 'etc/gone'), 1010, 1010);
      unlinkSync(join(root, 'etc/gone'));
      seen(root, 'storage');
      chownSync(join(root, 'etc/roots'), 1012, 0);
      const found = seen(root, 'storage');
      assert.deepEqual(found, seen(root, 'walk'));
      assert.ok(found.paths.includes('/etc/roots'));
    } finally {
      closeSync(gone);
    }
  });
});

test('case 121: neither another subvolume inside nor its placeholder is a part of the tree', async () => {
  await withSubvolume((root) => {
    btrfs('subvolume', 'create', join(root, 'var/nested'));
    writeFileSync(join(root, 'var/nested/inside'), '');
    chownSync(join(root, 'var/nested'), 1020, 0);
    chownSync(join(root, 'var/nested/inside'), 1021, 0);
    const found = seen(root, 'storage');
    assert.deepEqual(found, seen(root, 'walk'));
    assert.ok(!found.paths.some((path) => path.startsWith('/var/nested')));
    const snapshot = `${root}-snapshot`;
    btrfs('subvolume', 'snapshot', root, snapshot);
    assert.deepEqual(seen(snapshot, 'storage'), seen(snapshot, 'walk'));
  });
});

test("where btrfs cannot tell, it says so: a mount inside, the root another's, a directory, another filesystem", async () => {
  const isKnown = (root: string): boolean =>
    withTree(root, ({ theirs }) => btrfsChanges.placesOfOthers(theirs, system) !== null);
  await withSubvolume((root) => {
    assert.equal(isKnown(join(root, 'etc')), false);
    execFileSync('mount', ['-t', 'tmpfs', 'none', join(root, 'var/many')]);
    try {
      assert.equal(isKnown(root), false);
    } finally {
      execFileSync('umount', [join(root, 'var/many')]);
    }
    assert.equal(isKnown(root), true);
    chownSync(root, 0, 1011);
    assert.equal(isKnown(root), false);
    chownSync(root, 0, 0);
    execFileSync('setfacl', ['-m', 'u:1011:x', root]);
    assert.equal(isKnown(root), false);
  });
  await withSubvolume((root) => assert.equal(isKnown(root), false), 'ext4');
});

test('case 44: a plan is the same whether btrfs was asked or all of the image looked at', async () => {
  await withFilesystem('btrfs', (top) => {
    const group = (number: number): string => `root:x:0:\ncrontab:x:${number}:\n`;
    const sides = ['base', 'old', 'new'].map((side) => join(top, side)) as [string, string, string];
    const [base, old, next] = sides;
    for (const [root, number] of [
      [base, 101],
      [next, 105],
    ] as const) {
      btrfs('subvolume', 'create', root);
      for (const directory of ['etc', 'usr/bin']) mkdirSync(join(root, directory), { recursive: true });
      writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
      writeFileSync(join(root, 'etc/group'), group(number));
      writeFileSync(join(root, 'usr/bin/crontab'), '', { mode: 0o755 });
      lchownSync(join(root, 'usr/bin/crontab'), 0, number);
      execFileSync('chmod', ['2755', join(root, 'usr/bin/crontab')]);
    }
    btrfs('property', 'set', '-ts', base, 'ro', 'true');
    btrfs('subvolume', 'snapshot', base, old);
    writeFileSync(join(old, 'etc/motd'), 'local');
    const request = { base, old, new: next, policyFiles: null, choices: noChoices, onProgress: () => undefined };
    const [walked, asked] = [[], [btrfsChanges]].map((changeSources) =>
      withTrees(system, request, (trees) => planMigration(system, trees, { ...request, changeSources }).plan),
    );
    assert.deepEqual(asked, walked);
    const action = asked?.actions.find(({ path }) => path === '/usr/bin/crontab');
    assert.ok(action?.kind === 'attributes');
    assert.deepEqual([action.attributes.gid, action.attributes.mode], [101, 0o2755]);
  });
});
