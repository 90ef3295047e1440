import { execFileSync, spawnSync } from 'node:child_process';

const tries = 50;
const pause = new Int32Array(new SharedArrayBuffer(4));

/**
 * Makes a mounted filesystem read-only. The kernel refuses as busy while a deleted inode waits for its writeback or
 * another process's walk holds a write to it for an instant, so it is tried for up to 5 s.
 */
export function remountReadOnly(mountpoint: string): void {
  for (let left = tries; ; left--) {
    execFileSync('sync', ['--file-system', mountpoint]);
    const { status, stderr } = spawnSync('mount', ['-o', 'remount,ro', mountpoint], { encoding: 'utf8' });
    if (status === 0) return;
    if (left === 0 || !stderr.includes('busy')) throw new Error(`${mountpoint} is not made read-only: ${stderr}`);
    Atomics.wait(pause, 0, 0, 100);
  }
}

/** Makes it writable again. */
export function remountWritable(mountpoint: string): void {
  execFileSync('mount', ['-o', 'remount,rw', mountpoint]);
}
