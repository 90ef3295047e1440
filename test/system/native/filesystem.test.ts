import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freezeFilesystem, thawFilesystem } from '../../../src/system/native/filesystem.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';
import { withFilesystem } from '../loop-filesystem.ts';

test('a filesystem is frozen once, thawed once, and takes writes again', async () => {
  for (const kind of ['ext4', 'xfs', 'btrfs'] as const) {
    await withFilesystem(kind, (mountpoint) => {
      const files = openRoot(mountpoint);
      try {
        files.create('/before', 'x');
        freezeFilesystem(mountpoint);
        try {
          assert.throws(() => freezeFilesystem(mountpoint), { code: 'EBUSY', call: 'ioctl(FIFREEZE)' });
        } finally {
          thawFilesystem(mountpoint);
        }
        assert.throws(() => thawFilesystem(mountpoint), { code: 'EINVAL', call: 'ioctl(FITHAW)' });
        files.create('/after', 'x');
      } finally {
        files.close();
      }
    });
  }
});
