import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../../src/domain/failure.ts';
import type { Files } from '../../../src/system/files.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';

test('case 1: contents of one size that differ in any byte are told apart', () => {
  usingRoot((files, directory) => {
    for (const size of [1, 4096, 262_143, 262_144, 262_145, 700_000]) {
      const bytes = randomBytes(size);
      writeFileSync(join(directory, 'a'), bytes);
      writeFileSync(join(directory, 'b'), bytes);
      assert.equal(files.sameContent('/a', files, '/b'), true);
      for (const offset of [0, size >> 1, size - 1]) {
        const changed = Buffer.from(bytes);
        changed[offset] = (changed[offset] ?? 0) ^ 1;
        writeFileSync(join(directory, 'b'), changed);
        assert.equal(files.sameContent('/a', files, '/b'), false, `size ${size}, byte ${offset}`);
      }
    }
  });
});

test('contents of different sizes differ, and one inode is equal to itself', () => {
  usingRoot((files, directory) => {
    writeFileSync(join(directory, 'a'), 'same');
    writeFileSync(join(directory, 'longer'), 'same\0');
    writeFileSync(join(directory, 'empty'), '');
    files.link('/b', '/a');
    assert.equal(files.sameContent('/a', files, '/longer'), false);
    assert.equal(files.sameContent('/a', files, '/empty'), false);
    assert.equal(files.sameContent('/empty', files, '/empty'), true);
    assert.equal(files.sameContent('/a', files, '/b'), true);
  });
});

test('holes read as zeros, and a terabyte of them takes no time', () => {
  usingRoot((files, directory) => {
    writeFileSync(join(directory, 'zeros'), Buffer.alloc(1_000_000));
    writeFileSync(join(directory, 'hole'), '');
    truncateSync(join(directory, 'hole'), 1_000_000);
    assert.equal(files.sameContent('/zeros', files, '/hole'), true);
    assert.equal(files.sameContent('/hole', files, '/zeros'), true);
    for (const name of ['x', 'y', 'z']) {
      writeFileSync(join(directory, name), 'start');
      truncateSync(join(directory, name), 2 ** 40);
    }
    assert.equal(files.sameContent('/x', files, '/y'), true);
    execFileSync('dd', ['of=z', 'seek=1000000000000', 'oflag=seek_bytes', 'conv=notrunc', 'status=none'], {
      cwd: directory,
      input: 'late',
    });
    assert.equal(files.sameContent('/x', files, '/z'), false);
    assert.equal(files.sameContent('/z', files, '/x'), false);
  });
});

test('what is no regular file has no content to compare, read or digest', () => {
  usingRoot((files) => {
    files.create('/file', '');
    files.makeDirectory('/directory');
    files.makeSymlink('/link', 'file');
    const codes = { '/directory': 'EISDIR', '/link': 'ELOOP', '/missing': 'ENOENT' };
    for (const [path, code] of Object.entries(codes)) {
      for (const act of [
        () => files.read(path),
        () => files.digest(path),
        () => files.sameContent('/file', files, path),
        () => files.sameContent(path, files, '/file'),
      ]) {
        assert.throws(act, (error) => error instanceof SystemCallError && error.code === code);
      }
    }
  });
});

test('a digest is what sha256sum says, and reading gives every byte', () => {
  usingRoot((files, directory) => {
    for (const size of [0, 1, 4096, 262_144, 1_000_001]) {
      const bytes = randomBytes(size);
      writeFileSync(join(directory, 'file'), bytes);
      const [expected] = execFileSync('sha256sum', [join(directory, 'file')], { encoding: 'utf8' }).split(' ');
      assert.equal(files.digest('/file'), expected);
      assert.equal(files.read('/file'), bytes.toString('latin1'));
      files.create(`/copy-${size}`, files.read('/file'));
      assert.equal(files.sameContent('/file', files, `/copy-${size}`), true);
    }
    assert.match(openRoot('/proc').read('/version'), /^Linux version /);
  });
});

function usingRoot(body: (files: Files, directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-content-'));
  const files = openRoot(directory);
  try {
    body(files, directory);
  } finally {
    files.close();
    rmSync(directory, { recursive: true });
  }
}
