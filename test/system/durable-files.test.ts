import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { filesystemKinds, withFilesystem } from './loop-filesystem.ts';

for (const kind of filesystemKinds) {
  test(`a file on ${kind} is gone on with from a place, and what stood behind that is gone`, async () => {
    await withRoot(kind, (files, directory) => {
      writeFileSync(join(directory, 'log'), 'first\nto');
      files.appendDurably('/log', 6, 'second\n');
      assert.equal(readFileSync(join(directory, 'log'), 'utf8'), 'first\nsecond\n');
      files.appendDurably('/log', 6, '');
      assert.equal(readFileSync(join(directory, 'log'), 'utf8'), 'first\n');
      assert.throws(() => files.appendDurably('/none', 0, 'x'), { code: 'ENOENT' });
      symlinkSync('log', join(directory, 'link'));
      assert.throws(() => files.appendDurably('/link', 0, 'x'), { code: 'ELOOP' });
    });
  });

  test(`a file on ${kind} is written over by what is as long, and by nothing else`, async () => {
    await withRoot(kind, (files, directory) => {
      writeFileSync(join(directory, 'block'), 'before');
      files.overwriteDurably('/block', 'after ');
      assert.equal(readFileSync(join(directory, 'block'), 'utf8'), 'after ');
      assert.equal(files.readFromDisk('/block'), 'after ');
      for (const content of ['', 'longer than it']) {
        assert.throws(() => files.overwriteDurably('/block', content), { code: 'EFBIG' });
      }
      assert.equal(readFileSync(join(directory, 'block'), 'utf8'), 'after ');
      assert.throws(() => files.overwriteDurably('/none', 'x'), { code: 'ENOENT' });
      assert.throws(() => files.readFromDisk('/none'), { code: 'ENOENT' });
      symlinkSync('block', join(directory, 'link'));
      assert.throws(() => files.overwriteDurably('/link', 'after '), { code: 'ELOOP' });
      assert.throws(() => files.readFromDisk('/link'), { code: 'ELOOP' });
    });
  });

  test(`of two processes one has the lock of a file on ${kind}`, async () => {
    await withRoot(kind, async (files, directory) => {
      const lock = join(directory, 'lock');
      const release = files.lock('/lock', 0);
      assert.ok(release !== null && existsSync(lock));
      const hasLock = (): boolean => spawnSync('flock', ['--nonblock', lock, 'true']).status === 0;
      assert.equal(hasLock(), false);
      release();
      assert.equal(hasLock(), true);

      const other = spawn('flock', [lock, 'sh', '-c', 'echo; sleep 0.5'], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(other.stdout, 'data');
      assert.equal(files.lock('/lock', 0.1), null);
      const later = files.lock('/lock', 20);
      assert.ok(later !== null, 'it is waited for');
      later();
    });
  });
}

test('the lock of a link is not taken', async () => {
  await withRoot('tmpfs', (files, directory) => {
    symlinkSync('/etc/hostname', join(directory, 'lock'));
    assert.throws(() => files.lock('/lock', 0), { code: 'ELOOP' });
  });
});

test('a file is read from the disk, whatever the kernel remembers of it', async () => {
  await withRoot('ext4', (files, directory) => {
    files.create('/block', 'before');
    files.sync('/block');
    assert.equal(files.read('/block'), 'before');
    const extents = execFileSync('filefrag', ['-v', join(directory, 'block')], { encoding: 'utf8' });
    const block = Number(/^ +0: +0\.\. +0: +([0-9]+)\.\./m.exec(extents)?.[1]);
    const image = openSync(join(dirname(dirname(directory)), 'image'), 'r+');
    writeSync(image, 'behind', block * 4096);
    closeSync(image);
    assert.equal(files.read('/block'), 'before');
    assert.equal(files.readFromDisk('/block'), 'behind');
  });
});

async function withRoot(
  kind: (typeof filesystemKinds)[number],
  check: (files: Files, directory: string) => void | Promise<void>,
): Promise<void> {
  await withFilesystem(kind, async (mountpoint) => {
    const directory = join(mountpoint, 'root');
    mkdirSync(directory);
    const files = openRoot(directory);
    try {
      await check(files, directory);
    } finally {
      files.close();
    }
  });
}
