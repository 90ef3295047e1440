import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
