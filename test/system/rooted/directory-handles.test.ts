import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { childOf } from '../../../src/domain/path.ts';
import type { Files } from '../../../src/system/files.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';

test('a tree of 4,000 levels, far beyond PATH_MAX, is made, walked and removed', () => {
  usingRoot((files) => {
    const paths = ['/'];
    for (let level = 1; level <= 4000; level++) {
      const path = childOf(paths.at(-1) ?? '/', `${level % 10}`);
      files.makeDirectory(path);
      paths.push(path);
    }
    const deepest = paths.at(-1) ?? '/';
    assert.ok(deepest.length > 4096);
    files.create(`${deepest}/file`, 'deep');
    files.setXattr(`${deepest}/file`, 'user.note', 'x');
    assert.ok(openDescriptors() < 200, `${openDescriptors()} files are open`);
    // Two cold ends of the tree in one call: the first must not be closed while the second is looked for.
    files.rename(`${deepest}/file`, '/file');
    files.link(`${deepest}/file`, '/file');
    assert.equal(files.status('/file')?.inode.links, 2);
    files.unlink('/file');
    assert.equal(files.entry(`${deepest}/file`)?.xattrs.length, 1);
    assert.equal(files.read(`${deepest}/file`), 'deep');
    files.unlink(`${deepest}/file`);
    for (const path of paths.toReversed()) {
      assert.deepEqual(files.list(path), []);
      if (path !== '/') files.removeDirectory(path);
    }
  });
});

test('names from two distant deep directories meet in one call', () => {
  usingRoot((files) => {
    const deep = (name: string): string => `/${name}`.repeat(200);
    for (const name of ['a', 'b']) {
      for (let level = 1; level <= 200; level++) files.makeDirectory(`/${name}`.repeat(level));
    }
    for (let turn = 0; turn < 5; turn++) {
      files.create(`${deep('a')}/file-${turn}`, 'x');
      files.rename(`${deep('a')}/file-${turn}`, `${deep('b')}/file-${turn}`);
      files.link(`${deep('a')}/file-${turn}`, `${deep('b')}/file-${turn}`);
      files.copyFrom(`${deep('b')}/copy-${turn}`, files, `${deep('a')}/file-${turn}`, { flags: 0 });
      assert.equal(files.sameContent(`${deep('a')}/file-${turn}`, files, `${deep('b')}/copy-${turn}`), true);
    }
    assert.equal(files.list(deep('b')).length, 10);
  });
});

test('a wide tree keeps few descriptors open, and closing lets go of all', () => {
  const before = openDescriptors();
  usingRoot((files) => {
    for (let index = 0; index < 1000; index++) {
      files.makeDirectory(`/${index}`);
      files.create(`/${index}/file`, '');
    }
    assert.ok(openDescriptors() - before < 150, `${openDescriptors()} files are open`);
    for (let index = 0; index < 1000; index++) assert.equal(files.status(`/${index}/file`)?.size, 0);
  });
  assert.equal(openDescriptors(), before);
});

test('a removed directory is not seen again through a handle kept of it', () => {
  usingRoot((files) => {
    for (const path of ['/a', '/a/b']) files.makeDirectory(path);
    assert.equal(files.status('/a/b/file'), null);
    files.removeDirectory('/a/b');
    assert.equal(files.status('/a/b/file'), null);
    files.makeSymlink('/a/b', '/etc');
    assert.equal(files.status('/a/b/passwd'), null);
    assert.throws(() => files.create('/a/b/new', ''), { code: 'ELOOP' });
  });
});

// The first call loads the native library, which opens nothing that stays; it is made before anything is counted.
function openDescriptors(): number {
  openRoot('/').close();
  return readdirSync('/proc/self/fd').length;
}

function usingRoot(body: (files: Files) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-handles-'));
  const files = openRoot(directory);
  try {
    body(files);
  } finally {
    files.close();
    execFileSync('rm', ['-rf', directory]);
  }
}
