import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { openRoot } from '../../../src/system/rooted-files.ts';
import { withFilesystem } from '../loop-filesystem.ts';

for (const filesystem of ['ext4', 'btrfs', 'tmpfs'] as const) {
  test(`${filesystem}: names come with the inodes that they stand for, below what is mounted there`, () =>
    withFilesystem(filesystem, (directory) => {
      const run = (script: string): string => execFileSync('sh', ['-c', script], { cwd: directory, encoding: 'utf8' });
      run('mkdir -p d/sub d/hidden; echo 1 > d/file; ln d/file d/linked; ln -s sub d/link; mkfifo d/pipe');
      const inode = (name: string): number => Number(run(`stat -c %i d/${name}`));
      const before = ['file', 'hidden', 'link', 'linked', 'pipe', 'sub'].map((name) => ({
        name,
        inode: inode(name),
        isDirectory: name === 'sub' || name === 'hidden',
      }));
      run('mount -t tmpfs tmpfs d/hidden');
      const files = openRoot(directory);
      try {
        assert.deepEqual(files.listInodes('/d'), before);
        assert.deepEqual(files.listInodes('/d/sub'), []);
        assert.throws(() => files.listInodes('/d/file'), { code: 'ENOTDIR' });
      } finally {
        files.close();
        run('umount d/hidden');
      }
    }));
}
