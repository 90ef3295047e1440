import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { native } from '../../src/system/native/libc.ts';
import type { DiskFilesystem } from './logged-disk.ts';

/** _IOR(0x94, 24, __u64) and _IOW(0x94, 22, __u64) of linux/btrfs.h. */
const startSync = 0x80089418;
const waitSync = 0x40089416;

/**
 * What commits the journal of a filesystem without writing the content of any file of the migration: on ext4 and xfs
 * fsync(2) of a file beside it, on btrfs the end of its transaction (linux/btrfs.h: BTRFS_IOC_START_SYNC and _WAIT_SYNC).
 */
export function journalOf(kind: DiskFilesystem, mountpoint: string): () => void {
  if (kind === 'btrfs') return () => commitTransaction(mountpoint);
  return () => {
    const descriptor = openSync(join(mountpoint, 'beside'), 'a');
    writeSync(descriptor, 'x');
    fsyncSync(descriptor);
    closeSync(descriptor);
  };
}

function commitTransaction(mountpoint: string): void {
  const { libc, errno } = native();
  const descriptor = openSync(mountpoint, 'r');
  const transaction = new Uint32Array(2);
  for (const request of [startSync, waitSync]) {
    // There may be nothing to commit.
    if (libc.ioctl(descriptor, request, transaction) < 0 && errno() !== 'ENOENT') throw new Error(`ioctl: ${errno()}`);
  }
  closeSync(descriptor);
}
