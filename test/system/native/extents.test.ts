import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { shareExtents } from '../../../src/system/native/extents.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';
import { type FilesystemKind, withFilesystem } from '../loop-filesystem.ts';

const content = Buffer.alloc(4 * 2 ** 20, 'content ');

function share(left: string, right: string): boolean {
  const [a, b] = [openSync(left, 'r'), openSync(right, 'r')];
  try {
    return shareExtents(a, b);
  } finally {
    closeSync(a);
    closeSync(b);
  }
}

function sameContent(directory: string): boolean {
  const files = openRoot(directory);
  try {
    return files.sameContent('/file', files, '/copy');
  } finally {
    files.close();
  }
}

function withCopy(kind: FilesystemKind, reflink: 'always' | 'never', body: (directory: string) => void): Promise<void> {
  return withFilesystem(kind, (directory) => {
    writeFileSync(join(directory, 'file'), content);
    execFileSync('cp', [`--reflink=${reflink}`, join(directory, 'file'), join(directory, 'copy')]);
    body(directory);
  });
}

for (const kind of ['btrfs', 'xfs'] as const) {
  test(`${kind}: a copy that shares its extents is known by them, and no longer when a byte of it is written`, async () => {
    await withCopy(kind, 'always', (directory) => {
      const [file, copy] = [join(directory, 'file'), join(directory, 'copy')];
      assert.equal(share(file, copy), true);
      assert.equal(sameContent(directory), true);
      // Only in memory as yet: the map of extents may still show the old place.
      const descriptor = openSync(copy, 'r+');
      writeSync(descriptor, 'X', 2 ** 20);
      assert.equal(share(file, copy), false);
      assert.equal(sameContent(directory), false);
      closeSync(descriptor);
    });
  });
}

for (const kind of ['ext4', 'btrfs', 'tmpfs'] as const) {
  test(`${kind}: a copy with extents of its own is not known by them, and is compared`, async () => {
    await withCopy(kind, 'never', (directory) => {
      assert.equal(share(join(directory, 'file'), join(directory, 'copy')), false);
      assert.equal(sameContent(directory), true);
    });
  });
}

test('btrfs: a file of a snapshot shares the extents of its source, though the devices have different numbers', async () => {
  await withFilesystem('btrfs', (directory) => {
    const [source, snapshot] = [join(directory, 'source'), join(directory, 'snapshot')];
    execFileSync('btrfs', ['-q', 'subvolume', 'create', source]);
    writeFileSync(join(source, 'file'), content);
    execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', source, snapshot]);
    assert.equal(share(join(source, 'file'), join(snapshot, 'file')), true);
  });
});

test('ext4: the same blocks of two filesystems are not the same content', async () => {
  await withFilesystem('ext4', async (one) => {
    await withFilesystem('ext4', (two) => {
      const files = [one, two].map((directory) => join(directory, 'file'));
      const [first = '', second = ''] = files;
      writeFileSync(first, content);
      writeFileSync(second, Buffer.alloc(content.length, 'another '));
      const places = files.map((file) => execFileSync('filefrag', ['-v', file], { encoding: 'utf8' }).split('\n')[3]);
      assert.equal(places[0], places[1]);
      assert.equal(share(first, second), false);
    });
  });
});

test('btrfs: compressed files may hold different parts of one extent, and are compared', async () => {
  await withFilesystem('btrfs', (directory) => {
    const [file, other] = [join(directory, 'file'), join(directory, 'copy')];
    execFileSync('chattr', ['+c', directory]);
    writeFileSync(file, Buffer.concat([Buffer.alloc(64 * 1024, 'a'), Buffer.alloc(64 * 1024, 'b')]));
    execFileSync('sync', ['-f', file]);
    assert.match(execFileSync('filefrag', ['-v', file], { encoding: 'utf8' }), /encoded/);
    // The second half of one extent becomes the whole of another file.
    writeFileSync(other, '');
    const clone = (offset: number): void => {
      const from = `${offset} 0 64k`;
      execFileSync('xfs_io', ['-c', `reflink ${file} ${from}`, other], { stdio: 'ignore' });
    };
    clone(64 * 1024);
    const first = join(directory, 'first');
    writeFileSync(first, '');
    execFileSync('xfs_io', ['-c', `reflink ${file} 0 0 64k`, first], { stdio: 'ignore' });
    assert.notDeepEqual(readFileSync(other), readFileSync(first));
    assert.equal(share(first, other), false);
  });
});
