import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { inodeFlags } from '../../../src/domain/entry.ts';
import { SystemCallError } from '../../../src/domain/failure.ts';
import type { Files } from '../../../src/system/files.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';
import { type FilesystemKind, filesystemKinds, withFilesystem } from '../loop-filesystem.ts';

const mebibyte = 1024 * 1024;

for (const kind of filesystemKinds) {
  test(`files are copied within ${kind} and out of it`, async () => {
    await withFilesystem(kind, async (mountpoint) => {
      makeSources(join(mountpoint, 'from'));
      mkdirSync(join(mountpoint, 'to'));
      usingRoots(join(mountpoint, 'from'), join(mountpoint, 'to'), checkCopies);
      await withFilesystem('ext4', (other) => usingRoots(join(mountpoint, 'from'), other, checkCopies));
    });
  });
}

test('a copy within btrfs and xfs shares its extents', async () => {
  for (const kind of ['btrfs', 'xfs'] as const) {
    await withFilesystem(kind, (mountpoint) => {
      makeSources(join(mountpoint, 'from'));
      mkdirSync(join(mountpoint, 'to'));
      usingRoots(join(mountpoint, 'from'), join(mountpoint, 'to'), (from, to) => {
        const before = freeSpace(to);
        to.copyFrom('/big', from, '/big', { flags: 0 });
        assert.ok(before - freeSpace(to) < 8 * mebibyte, `${kind} used ${before - freeSpace(to)} bytes`);
      });
    });
  }
});

test('whether a copy would share its extents is known before, and nothing is left of asking', async () => {
  for (const kind of filesystemKinds) {
    await withFilesystem(kind, async (mountpoint) => {
      makeSources(join(mountpoint, 'from'));
      mkdirSync(join(mountpoint, 'to'));
      await withFilesystem(kind, (other) => {
        usingRoots(join(mountpoint, 'from'), other, (from, to) => {
          assert.equal(to.canShare(from, '/big'), false, `${kind}, of another filesystem`);
        });
      });
      usingRoots(join(mountpoint, 'from'), join(mountpoint, 'to'), (from, to) => {
        const before = freeSpace(to);
        assert.equal(to.canShare(from, '/big'), kind === 'btrfs' || kind === 'xfs', kind);
        assert.deepEqual(to.list('/'), []);
        assert.equal(freeSpace(to), before);
      });
    });
  }
});

test('a file that is not copied on writing can be shared too, and nothing where nothing can be written', async () => {
  await withFilesystem('btrfs', (mountpoint) => {
    makeSources(join(mountpoint, 'from'));
    mkdirSync(join(mountpoint, 'to'));
    usingRoots(join(mountpoint, 'from'), join(mountpoint, 'to'), (from, to) => {
      from.copyFrom('/nocow', from, '/big', { flags: inodeFlags.noCopyOnWrite });
      assert.equal(to.canShare(from, '/nocow'), true);
    });
    execFileSync('mount', ['-o', 'remount,ro', mountpoint]);
    usingRoots(join(mountpoint, 'from'), join(mountpoint, 'to'), (from, to) => {
      assert.equal(to.canShare(from, '/big'), false);
    });
  });
});

test('a file that alone cannot be shared tells nothing of the others, and a full filesystem that nothing is shared', async () => {
  await withFilesystem('btrfs', (mountpoint) => {
    makeSources(join(mountpoint, 'from'));
    mkdirSync(join(mountpoint, 'to'));
    // Without checksums, and without the flag by which a copy would have none either.
    execFileSync('mount', ['-o', 'remount,nodatasum', mountpoint]);
    writeFileSync(join(mountpoint, 'from/unsummed'), randomBytes(mebibyte));
    execFileSync('mount', ['-o', 'remount,datasum', mountpoint]);
    usingRoots(join(mountpoint, 'from'), join(mountpoint, 'to'), (from, to) => {
      assert.equal(to.canShare(from, '/unsummed'), null);
      assert.equal(to.canShare(from, '/big'), true);
    });
  });
  await withFilesystem(
    'ext4',
    (mountpoint) => {
      makeSources(join(mountpoint, 'from'));
      const takeAllInodes = (): void => {
        for (let count = 0; ; count += 1) writeFileSync(join(mountpoint, String(count)), '');
      };
      assert.throws(takeAllInodes, { code: 'ENOSPC' });
      usingRoots(join(mountpoint, 'from'), mountpoint, (from, to) => assert.equal(to.canShare(from, '/big'), false));
    },
    { size: '64M' },
  );
});

test('no-copy-on-write is set before the content, from and to either kind of file', async () => {
  await withFilesystem('btrfs', (mountpoint) => {
    makeSources(join(mountpoint, 'from'));
    mkdirSync(join(mountpoint, 'to'));
    usingRoots(join(mountpoint, 'from'), join(mountpoint, 'to'), (from, to) => {
      to.copyFrom('/nocow', from, '/big', { flags: inodeFlags.noCopyOnWrite | inodeFlags.immutable });
      assert.equal(to.entry('/nocow')?.flags, inodeFlags.noCopyOnWrite);
      assert.ok(to.sameContent('/nocow', from, '/big'));
      to.copyFrom('/again', to, '/nocow', { flags: inodeFlags.noCopyOnWrite });
      to.copyFrom('/plain', to, '/nocow', { flags: 0 });
      assert.equal(to.entry('/plain')?.flags, 0);
      for (const path of ['/again', '/plain']) assert.ok(to.sameContent(path, from, '/big'));
    });
  });
});

test('case 64: a full filesystem fails the copy by name', async () => {
  const kinds: readonly FilesystemKind[] = ['ext4', 'tmpfs'];
  for (const kind of kinds) {
    await withFilesystem('tmpfs', async (source) => {
      makeSources(join(source, 'from'));
      const full = (small: string): void => {
        usingRoots(join(source, 'from'), small, (from, to) => {
          const enospc = (error: unknown): boolean => error instanceof SystemCallError && error.code === 'ENOSPC';
          assert.throws(() => to.copyFrom('/big', from, '/big', { flags: 0 }), enospc);
          to.unlink('/big');
          assert.throws(() => to.create('/big', 'x'.repeat(40 * mebibyte)), enospc);
        });
      };
      await withFilesystem(kind, full, { size: '16M' });
    });
  }
});

function usingRoots(from: string, to: string, body: (from: Files, to: Files) => void): void {
  const [source, target] = [openRoot(from), openRoot(to)];
  try {
    body(source, target);
  } finally {
    source.close();
    target.close();
  }
}

/** Files whose sizes and holes lie on both sides of every limit of the copy. */
function makeSources(directory: string): void {
  mkdirSync(directory);
  writeFileSync(join(directory, 'empty'), '');
  writeFileSync(join(directory, 'small'), randomBytes(3000));
  writeFileSync(join(directory, 'limit'), randomBytes(65_536));
  writeFileSync(join(directory, 'over'), randomBytes(65_537));
  writeFileSync(join(directory, 'big'), randomBytes(33 * mebibyte + 5));
  makeSparse(join(directory, 'holes'), 8 * mebibyte, [0, 3 * mebibyte + 1, 5 * mebibyte]);
  makeSparse(join(directory, 'leading-hole'), 4 * mebibyte, [4 * mebibyte - 10]);
  makeSparse(join(directory, 'only-hole'), 64 * mebibyte, []);
  makeSparse(join(directory, 'small-hole'), 60_000, [50_000]);
}

function makeSparse(file: string, size: number, data: readonly number[]): void {
  const descriptor = openSync(file, 'wx');
  for (const offset of data) writeSync(descriptor, randomBytes(10), 0, 10, offset);
  ftruncateSync(descriptor, size);
  closeSync(descriptor);
}

function checkCopies(from: Files, to: Files): void {
  for (const name of from.list('/')) {
    let heard = 0;
    to.copyFrom(`/${name}`, from, `/${name}`, {
      flags: 0,
      onBytes: (bytes) => {
        heard += bytes;
      },
    });
    const [source, copy] = [join(from.root, name), join(to.root, name)];
    assert.ok(readFileSync(copy).equals(readFileSync(source)), `${name} differs`);
    assert.equal(statSync(copy).mode & 0o7777, 0o600);
    assert.ok(heard <= statSync(source).size, `${name}: heard of ${heard} bytes`);
    assert.ok(heard > 0 || name === 'empty' || name === 'only-hole', `${name}: heard of nothing`);
    if (name.includes('hole')) assertSparse(copy);
  }
}

function assertSparse(file: string): void {
  execFileSync('sync', ['-f', file]);
  const { blocks, size } = statSync(file);
  assert.ok(blocks * 512 < size, `${file} has no holes: ${blocks * 512} of ${size} bytes`);
}

function freeSpace(files: Files): number {
  files.syncFilesystem();
  return files.space().bytes;
}
