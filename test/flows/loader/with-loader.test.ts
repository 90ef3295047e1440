import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { grub } from '../../../src/boot/grub/loader.ts';
import { withLoader } from '../../../src/flows/loader/with-loader.ts';
import { system } from '../../storage/objects.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';

test('a device of the loader that appears late is waited for', async () => {
  const links = mkdtempSync('/dev/shm/migrate-late-');
  try {
    await withFilesystem('ext4', (mountpoint) => {
      const device = join(links, 'late');
      const source = execFileSync('findmnt', ['-no', 'SOURCE', mountpoint], { encoding: 'utf8' }).trim();
      spawn('sh', ['-c', 'sleep 2; ln -s "$1" "$2"', 'sh', source, device], { stdio: 'ignore' });
      const known = { system, kind: grub, record: { kind: 'grub', device, path: '', tries: 2 } };
      assert.equal(
        withLoader(known, ({ path }) => path),
        '/',
      );
    });
  } finally {
    rmSync(links, { recursive: true });
  }
});
