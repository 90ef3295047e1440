import { inodeFlags } from '../../domain/entry.ts';
import { errorCode } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';

/** Files that only take room: one for whoever asks for a reset, one for the boot that makes it. */
const reserves = { asking: '/reserve-1', making: '/reserve-2' } as const satisfies Readonly<Record<string, RootPath>>;

/** What the records of a reset take, and those of all that it removes, many times over. */
const reserveBytes: number = 8 * 1024 * 1024;
/** Where less than this is left they would take what others need, and so much is no full disk. */
const plentyBytes: number = 32 * reserveBytes;

/**
 * Keeps room in the store that a reset gives up first: a full disk is what one is asked for, and btrfs writes nothing on one,
 * not even a word in place. Done already, or with little left, it does nothing. The caller holds the store's lock.
 */
export function keepReserve(store: Files): void {
  for (const path of Object.values(reserves)) {
    if (store.status(path) === null && store.space().bytes >= plentyBytes) keep(store, path);
  }
}

function keep(store: Files, path: RootPath): void {
  try {
    const attributes = { mode: 0o600, uid: 0, gid: 0, xattrs: [], mtime: { seconds: 0, nanoseconds: 0 } };
    // Compressed, zeros would take no room.
    store.create(path, '', { ...attributes, flags: inodeFlags.noCopyOnWrite });
    store.appendDurably(path, 0, '\0'.repeat(reserveBytes));
  } catch (error) {
    // What is free by the filesystem is not always free for one that asks; that is no reason to fail.
    if (errorCode(error) !== 'ENOSPC' && errorCode(error) !== 'EDQUOT') throw error;
    if (store.status(path) !== null) store.unlink(path);
  }
}

/** Gives the room up, where it is needed, for one of the two. The caller holds the store's lock. */
export function spendReserve(store: Files, whom: keyof typeof reserves): void {
  const path = reserves[whom];
  if (store.space().bytes >= plentyBytes || store.status(path) === null) return;
  store.unlink(path);
  // The room is there when the removal is on the disk.
  store.syncFilesystem();
}
