import { parentOf, type RootPath } from '../domain/path.ts';
import type { Uuid } from '../domain/volume.ts';
import type { Files } from '../system/files.ts';

/**
 * While an object is received the store itself is not locked, which would take as long as the transfer does; its process
 * has this lock instead. As long as it has, nobody settles what it began; the kernel takes the lock away with the process.
 */
function lockPath(object: Uuid): RootPath {
  return `/receiving-${object}.lock`;
}

const lockName = /^receiving-([0-9a-f]{32})\.lock$/;

/** Takes the lock; null where another process receives the object. The caller holds the store's lock. */
export function lockReceiving(files: Files, object: Uuid): (() => void) | null {
  return files.lock(lockPath(object), 0);
}

/** Whether a process is receiving the object. */
export function isBeingReceived(files: Files, object: Uuid): boolean {
  if (files.status(lockPath(object)) === null) return false;
  const release = lockReceiving(files, object);
  release?.();
  return release === null;
}

/** The objects of which there is a lock, be it held or left by a process that is gone. */
export function receivingLocks(files: Files): Uuid[] {
  return files.list('/').flatMap((name) => lockName.exec(name)?.[1] ?? []);
}

/** Removes the file of a lock. The caller holds the store's lock, so that nobody has opened it to take it. */
export function removeReceivingLock(files: Files, object: Uuid): void {
  const path = lockPath(object);
  if (files.status(path) === null) return;
  files.unlink(path);
  files.sync(parentOf(path));
}
