import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { mountOldAndBase, oldDirectory, unmountOldAndBase } from '../../src/flows/boot-roots.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

const system = realSystem([process.execPath]);

test('case 67: an old image that is named and gone is a failure, never a migration without it', async () => {
  await withFilesystem('btrfs', (mountpoint) => {
    execFileSync('btrfs', ['-q', 'subvolume', 'create', join(mountpoint, '@v1')]);
    execFileSync('mkdir', [join(mountpoint, '@v1/etc')]);
    const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', mountpoint], { encoding: 'utf8' }).trim();
    const old = { device, subvolume: '@v1' };
    try {
      assert.throws(
        () => mountOldAndBase(system, { old, base: { device, subvolume: '@gone' } }),
        (error) => error instanceof Failure && error.code === 'command' && error.message.includes('@gone'),
      );
      assert.deepEqual(mountOldAndBase(system, { old, base: null }), { old: oldDirectory, base: null });
      assert.ok(existsSync(join(oldDirectory, 'etc')));
    } finally {
      unmountOldAndBase(system);
    }
  });
});
