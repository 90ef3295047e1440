import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Files } from '../../../src/system/files.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';
import { boundaryKind } from '../../../src/tree/boundary.ts';
import { emptyTree } from '../../../src/tree/computed-files.ts';
import { type Interest, walkChanges } from '../../../src/tree/walk-changes.ts';
import { withFilesystem } from '../loop-filesystem.ts';

const everything: Interest = { isIgnored: () => false, isPinned: () => false, onProgress: () => undefined };

/** A root of which /etc/app and /etc/app/in/side are subvolumes from elsewhere, and /own is not to be seen. */
async function withParts(body: (files: Files, top: string) => void): Promise<void> {
  await withFilesystem('btrfs', (top) => {
    for (const name of ['root', 'app', 'side']) execFileSync('btrfs', ['-q', 'subvolume', 'create', join(top, name)]);
    for (const path of ['root/etc/app', 'root/own/deep', 'app/in/side', 'app/in/other']) {
      mkdirSync(join(top, path), { recursive: true });
    }
    writeFileSync(join(top, 'root/etc/app/hidden'), 'below the volume');
    writeFileSync(join(top, 'root/own/deep/name'), 'not to be seen');
    writeFileSync(join(top, 'app/conf'), 'of the volume');
    linkSync(join(top, 'app/conf'), join(top, 'app/in/other/same'));
    writeFileSync(join(top, 'app/in/side/hidden'), 'below the other volume');
    writeFileSync(join(top, 'side/name'), 'deep inside');
    symlinkSync('/etc/app', join(top, 'app/link'));
    symlinkSync('../..', join(top, 'side/up'));
    const parts = [
      { at: '/etc/app', directory: join(top, 'app') },
      { at: '/etc/app/in/side', directory: join(top, 'side') },
      { at: '/own', directory: null },
    ];
    const files = openRoot(join(top, 'root'), { parts });
    try {
      body(files, top);
    } finally {
      files.close();
    }
  });
}

test('directories from elsewhere are read at their places in a root, and what it has there itself is not', async () => {
  await withParts((files, top) => {
    assert.deepEqual(files.list('/etc'), ['app']);
    assert.deepEqual(files.list('/etc/app'), ['conf', 'in', 'link']);
    assert.deepEqual(files.list('/etc/app/in/side'), ['name', 'up']);
    assert.equal(files.read('/etc/app/conf'), 'of the volume');
    assert.equal(files.read('/etc/app/in/side/name'), 'deep inside');
    assert.equal(files.status('/etc/app/hidden'), null);
    assert.equal(files.status('/etc/app/in/side/hidden'), null);
    assert.deepEqual([files.list('/own'), files.status('/own')?.type], [[], 'directory']);
    assert.deepEqual([files.status('/own/deep'), files.entry('/own/deep/name')], [null, null]);
    assert.deepEqual(files.entry('/etc/app')?.inode, openedInode(join(top, 'app')));
    assert.ok(files.sameContent('/etc/app/conf', files, '/etc/app/in/other/same'));
    const target = openRoot(top);
    assert.ok(target.copyFrom('/copy', files, '/etc/app/in/side/name', { flags: 0 }));
    target.close();
    assert.equal(readFileSync(join(top, 'copy'), 'utf8'), 'deep inside');
  });
});

test('case 17: nothing is reached through a link in such a directory, nor above it', async () => {
  await withParts((files) => {
    assert.equal(files.entry('/etc/app/link')?.target, '/etc/app');
    for (const path of ['/etc/app/link/conf', '/etc/app/in/side/up/conf', '/etc/app/../passwd']) {
      assert.throws(() => files.read(path), { name: 'SystemCallError' }, path);
    }
  });
});

test('case 121: such a directory is no boundary, a filesystem or subvolume that begins in it is', async () => {
  await withParts((files, top) => {
    execFileSync('btrfs', ['-q', 'subvolume', 'create', join(top, 'app/in/nested')]);
    writeFileSync(join(top, 'app/in/nested/name'), 'a subvolume of its own');
    assert.equal(boundaryKind(files, '/etc/app'), null);
    assert.equal(boundaryKind(files, '/etc/app/in/side'), null);
    assert.equal(boundaryKind(files, '/etc/app/in/other'), null);
    assert.equal(boundaryKind(files, '/etc/app/in/nested'), 'subvolume');
    const { changes, boundaries } = walkChanges(emptyTree, files, everything);
    const paths = changes.map(({ path }) => path);
    for (const path of ['/etc/app/conf', '/etc/app/in/side/name']) assert.ok(paths.includes(path), paths.join());
    for (const path of ['/etc/app/in/nested/name', '/own/deep']) assert.ok(!paths.includes(path), paths.join());
    assert.deepEqual(
      boundaries.map(({ path }) => path),
      ['/etc/app/in/nested'],
    );
  });
});

test('a part that is not there fails as a root that is not there does, and leaves nothing open', () => {
  const before = openDescriptors();
  assert.throws(() => openRoot('/', { parts: [{ at: '/etc', directory: '/nowhere' }] }), { code: 'ENOENT' });
  const files = openRoot('/', { parts: [{ at: '/etc', directory: '/usr' }] });
  files.list('/etc/lib');
  files.close();
  assert.equal(openDescriptors(), before);
});

function openDescriptors(): number {
  const self = openRoot('/proc/self/fd');
  const count = self.list('/').length;
  self.close();
  return count;
}

function openedInode(directory: string): unknown {
  const files = openRoot(directory);
  const inode = files.entry('/')?.inode;
  files.close();
  return inode;
}

test('case 8: what is not to be seen stays so after its directory was looked at', () =>
  withParts((files) => {
    assert.equal(files.entry('/own')?.type, 'directory');
    assert.deepEqual(files.list('/own'), []);
    // A walk asks for what is below right after what it is in.
    assert.equal(files.entry('/own')?.type, 'directory');
    assert.equal(files.entry('/own/deep'), null);
    assert.equal(files.status('/own/deep/name'), null);
  }));
