import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { BusyTrees } from '../apply/busy-trees.ts';
import { Sandbox } from '../apply/sandbox.ts';
import { timesBelow } from '../property/untouched.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

/** Runs the body with the old root on a disk that works, and places for the new one's; the old root must stay as it is. */
export async function besideOld(
  trees: BusyTrees,
  body: (places: { readonly image: string; readonly mountpoint: string; readonly old: string }) => Promise<void>,
): Promise<void> {
  await withFilesystem('ext4', async (old) => {
    const directory = mkdtempSync('/dev/shm/migrate-disk-');
    const mountpoint = join(directory, 'mnt');
    mkdirSync(mountpoint);
    try {
      const sandbox = new Sandbox(old, trees, mountpoint);
      const before = timesBelow(Buffer.from(sandbox.oursDirectory));
      await body({ image: join(directory, 'image'), mountpoint, old });
      assert.deepEqual(timesBelow(Buffer.from(sandbox.oursDirectory)), before);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}
