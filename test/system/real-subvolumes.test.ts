import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../src/domain/failure.ts';
import { subvolumes } from '../../src/system/real-subvolumes.ts';
import type { Subvolume } from '../../src/system/subvolume.ts';
import { withFilesystem } from './loop-filesystem.ts';

const rootInode = 256;

test('names and inodes are those that the kernel shows, in a directory larger than any answer too', async () => {
  await withSubvolume((subvolume, path) => {
    const names = Array.from({ length: 1500 }, (_, number) => `${number}-${'n'.repeat(200)}`);
    for (const name of [...names, 'caf\xc3\xa9', 'bad\xff']) writeFileSync(bytes(join(path, name)), 'x');
    mkdirSync(join(path, 'directory'));
    execFileSync('sync', ['-f', path]);
    const found = subvolume.names(rootInode);
    assert.deepEqual(found.map(({ name }) => name).sort(), readdirSync(path, { encoding: 'latin1' }).sort());
    for (const { name, inode, isDirectory } of found) {
      const stats = statSync(bytes(join(path, name)));
      assert.deepEqual({ inode, isDirectory }, { inode: stats.ino, isDirectory: stats.isDirectory() });
      assert.deepEqual(subvolume.find({ directory: rootInode, name }), { name, inode, isDirectory });
    }
    assert.equal(subvolume.find({ directory: rootInode, name: 'nothing' }), null);
    assert.equal(subvolume.inode(rootInode, { isDirectory: true })?.size, statSync(path).size);
    assert.equal(subvolume.inode(999_999, { isDirectory: false }), null);
  });
});

test('a file knows all its names, and shares its extents with its clone until either is written', async () => {
  await withSubvolume((subvolume, path) => {
    writeFileSync(join(path, 'file'), 'x'.repeat(10_000));
    // More than one item holds.
    for (let number = 0; number < 400; number++)
      linkSync(join(path, 'file'), join(path, `${number}-${'n'.repeat(200)}`));
    execFileSync('cp', ['--reflink=always', join(path, 'file'), join(path, 'clone')]);
    execFileSync('sync', ['-f', path]);
    const [file, clone] = ['file', 'clone'].map((name) => recordOf(subvolume, path, name));
    assert.equal(file?.names.length, 401);
    assert.deepEqual(new Set(file?.names.map(({ directory }) => directory)), new Set([rootInode]));
    assert.equal(clone?.extents, file?.extents);
    assert.equal(clone?.attributes, file?.attributes);
    writeFileSync(join(path, 'clone'), 'y'.repeat(10_000));
    execFileSync('setfattr', ['-n', 'user.a', '-v', 'b', join(path, 'file')]);
    execFileSync('sync', ['-f', path]);
    assert.notEqual(recordOf(subvolume, path, 'clone')?.extents, file?.extents);
    assert.notEqual(recordOf(subvolume, path, 'file')?.attributes, file?.attributes);
    assert.equal(recordOf(subvolume, path, 'file')?.extents, file?.extents);
  });
});

test('a subvolume is known by what btrfs says of it, and nothing else is one', async () => {
  await withFilesystem('btrfs', (top) => {
    const [first, second] = [join(top, 'first'), join(top, 'second')];
    btrfs('subvolume', 'create', first);
    btrfs('subvolume', 'create', join(first, 'nested'));
    btrfs('subvolume', 'snapshot', '-r', first, second);
    const [a, b] = [subvolumes.open(first), subvolumes.open(second)];
    assert.ok(a !== null && b !== null);
    assert.deepEqual(b.identity, {
      id: b.identity.id,
      uuid: uuidOf(second),
      parentUuid: uuidOf(first),
      receivedUuid: null,
      readOnly: true,
    });
    assert.deepEqual([a.identity.parentUuid, a.identity.readOnly], [null, false]);
    assert.deepEqual(b.identityOf(a.identity.uuid), a.identity);
    assert.equal(b.identityOf('0123456789abcdef'.repeat(2)), null);
    assert.deepEqual([a.nested(), b.nested()], [[{ directory: rootInode, name: 'nested' }], []]);
    assert.equal(b.find({ directory: rootInode, name: 'nested' })?.inode, null, 'its placeholder');
    a.close();
    b.close();
    mkdirSync(join(top, 'plain'));
    assert.equal(subvolumes.open(join(top, 'plain')), null);
    assert.equal(subvolumes.open('/proc'), null);
    assert.throws(() => subvolumes.open(join(top, 'missing')), SystemCallError);
  });
});

test('the top of a filesystem is reached without a place to mount it, and is gone when it is closed', async () => {
  await withFilesystem('btrfs', (top) => {
    btrfs('subvolume', 'create', join(top, 'first'));
    const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', top], { encoding: 'utf8' }).trim();
    const mounts = (): string[] =>
      readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line.includes(` ${device} `));
    assert.equal(mounts().length, 1);
    const opened = subvolumes.openTop(device);
    const first = opened.open('first');
    opened.makeSnapshot(first, 'snapshot');
    assert.deepEqual(opened.list().sort(), readdirSync(top).sort());
    assert.equal(mounts().length, 1);
    opened.remove('snapshot');
    assert.throws(() => opened.remove('snapshot'), SystemCallError);
    first.close();
    opened.close();
    assert.deepEqual(readdirSync(top), ['first']);
    assert.throws(() => subvolumes.openTop('/dev/null'), SystemCallError);
  });
});

function withSubvolume(body: (subvolume: Subvolume, path: string) => void): Promise<void> {
  return withFilesystem('btrfs', (top) => {
    const path = join(top, 'subvolume');
    btrfs('subvolume', 'create', path);
    const subvolume = subvolumes.open(path);
    assert.ok(subvolume !== null);
    try {
      body(subvolume, path);
    } finally {
      subvolume.close();
    }
  });
}

function recordOf(subvolume: Subvolume, path: string, name: string): ReturnType<Subvolume['inode']> {
  return subvolume.inode(statSync(join(path, name)).ino, { isDirectory: false });
}

function uuidOf(path: string): string {
  const shown = execFileSync('btrfs', ['subvolume', 'show', path], { encoding: 'utf8' });
  return (/^\s*UUID:\s*(\S+)/m.exec(shown)?.[1] ?? '').replaceAll('-', '');
}

function btrfs(...args: string[]): void {
  execFileSync('btrfs', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}
