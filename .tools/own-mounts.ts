import { spawnSync } from 'node:child_process';

/**
 * Words that start a program with mounts of its own. A process that a test starts with mounts of its own has a copy of all
 * that is mounted where it starts, and a store rightly refuses to remove what is mounted anywhere: without this, tests
 * that run side by side would hold each other's disks.
 */
export const withOwnMounts: readonly [string, ...string[]] = ['unshare', '--mount', '--propagation', 'private'];

/** Words that start a program with mounts of its own, where the directory is empty and lies in memory. */
export function withMemoryAt(directory: string, mebibytes: number): readonly [string, ...string[]] {
  const script = 'mount -t tmpfs -o "mode=0755,size=$1M" tmpfs "$2" && shift 2 && exec "$@"';
  return [...withOwnMounts, 'sh', '-c', script, 'sh', String(mebibytes), directory];
}

/** Throws, and says why, where a program cannot be started by these words. */
export function checkWords([program, ...words]: readonly [string, ...string[]]): void {
  const { status, stderr, error } = spawnSync(program, [...words, 'true'], { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`Tests need mounts of their own, and ${program} failed: ${error?.message ?? stderr.trim()}`);
}
