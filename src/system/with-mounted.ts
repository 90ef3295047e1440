import { closeSync, existsSync, mkdtempSync, openSync, readdirSync, readlinkSync, rmdirSync } from 'node:fs';
import { errorCode } from '../domain/failure.ts';
import { isMountPoint } from './mount-point.ts';
import { syncFilesystemOf } from './native/filesystem.ts';
import { openFlags } from './native/linux.ts';
import { unmountTop } from './native/mount.ts';
import { guarded } from './native/place.ts';

/**
 * In /run, which is there in an initramfs too and empty after every start; then the set of process numbers and the number
 * of the process that mounts, as containers share /run and count anew, and a random end.
 */
const parent = '/run';
const ownName = /^migrate-content-([0-9]+)-([0-9]+)-/;

/**
 * Mounts something on a new directory, hands that on, and unmounts it whatever happens; where `use` returns a promise,
 * when that is settled. What was written is durable then.
 */
export function withMounted<Result>(
  mount: (directory: string) => void,
  { writable }: { readonly writable: boolean },
  use: (directory: string) => Result,
): Result {
  const directory = mkdtempSync(`${parent}/migrate-content-${processNumbers()}-${process.pid}-`);
  let isLater = false;
  try {
    mount(directory);
    const result = use(directory);
    if (!(result instanceof Promise)) {
      if (writable) synchronize(directory);
      return result;
    }
    isLater = true;
    // The promise of the same value: its type is the one of the result.
    return finish(result, directory, writable) as Result;
  } finally {
    if (!isLater) letGo(directory);
  }
}

async function finish<Value>(result: Promise<Value>, directory: string, writable: boolean): Promise<Value> {
  try {
    const value = await result;
    if (writable) synchronize(directory);
    return value;
  } finally {
    letGo(directory);
  }
}

function synchronize(directory: string): void {
  const descriptor = guarded('open', directory, () => openSync(directory, openFlags.root));
  try {
    syncFilesystemOf(descriptor, directory);
  } finally {
    closeSync(descriptor);
  }
}

/** Unmounts what processes that were killed meanwhile have left. */
export function sweep(): void {
  const own = processNumbers();
  for (const name of readdirSync(parent)) {
    const [matched, numbers, process] = ownName.exec(name) ?? [];
    if (matched !== undefined && numbers === own && !existsSync(`/proc/${process}`)) letGoOfLeft(`${parent}/${name}`);
  }
}

/** What tells the set of process numbers that this process has one of: `pid:[4026531836]`. */
function processNumbers(): string {
  return readlinkSync('/proc/self/ns/pid').replace(/[^0-9]/g, '');
}

function letGoOfLeft(directory: string): void {
  try {
    letGo(directory);
  } catch (error) {
    // Another run has let go of it at the same time.
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'EINVAL') throw error;
  }
}

/** Never removes what is in the directory: were something still mounted there, it would be somebody's content. */
function letGo(directory: string): void {
  while (isMountPoint(directory)) unmountTop(directory);
  rmdirSync(directory);
}
