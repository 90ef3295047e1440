import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zfs } from './test-pool.ts';

/** The pool on it; stores take a dataset of it, `failing/…`. */
export const failingPool = 'failing';

const bytes = 256 * 2 ** 20;
const name = 'migrate-failing';

/** A pool whose one disk can be taken away under it. */
export type FailingPool = {
  /** The disk answers with errors alone; returns when the pool is suspended, as it is once it writes what waits for that. */
  readonly fail: () => void;
  /** The disk is as it was, and the pool goes on. */
  readonly mend: () => void;
};

/** Hands on such a pool, which is gone afterwards. */
export async function withFailingPool(body: (pool: FailingPool) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-test-'));
  const file = join(directory, 'disk.img');
  writeFileSync(file, '');
  truncateSync(file, bytes);
  const loop = zfs('losetup', ['--find', '--show', file]).trim();
  const working = `0 ${bytes / 512} linear ${loop} 0`;
  zfs('dmsetup', ['create', name, '--table', working]);
  try {
    const options = ['-o', 'ashift=12', '-o', 'cachefile=none', '-o', 'failmode=continue', '-O', 'mountpoint=none'];
    zfs('zpool', ['create', '-f', ...options, failingPool, `/dev/mapper/${name}`]);
    const mend = (): void => {
      exchange(working);
      zfs('zpool', ['clear', failingPool]);
      waitUntil('ONLINE');
    };
    const fail = (): void => {
      exchange(`0 ${bytes / 512} error`);
      waitUntil('SUSPENDED');
    };
    try {
      await body({ fail, mend });
    } finally {
      zfs('zpool', ['destroy', failingPool]);
    }
  } finally {
    zfs('dmsetup', ['remove', '--retry', name]);
    zfs('losetup', ['--detach', loop]);
    rmSync(directory, { recursive: true });
  }
}

function exchange(table: string): void {
  zfs('dmsetup', ['suspend', '--noflush', '--nolockfs', name]);
  zfs('dmsetup', ['load', name, '--table', table]);
  zfs('dmsetup', ['resume', name]);
}

function waitUntil(health: string): void {
  let found = '';
  for (let seconds = 0; seconds < 120; seconds += 1) {
    found = zfs('zpool', ['list', '-H', '-o', 'health', failingPool]).trim();
    if (found === health) return;
    execFileSync('sleep', ['1']);
  }
  throw new Error(`the pool is ${found}, not ${health}`);
}
