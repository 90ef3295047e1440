import { afterwards } from '../domain/afterwards.ts';
import { type ByteString, textOrBytes } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import { withDirectory } from '../files/with-directory.ts';
import type { BackendKind } from '../storage/backend.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { settle } from './settle.ts';
import { Store, type StoreDoors } from './store.ts';
import { readIdentity, storePaths } from './store-files.ts';

/** Finds the kind of storage that a store says it is on; null where this program has none of that name. */
export type FindKind = (name: string) => BackendKind | null;

/** Where a store lies and what it can be on. `directory` is absolute, without links in it. */
export type StorePlace = { readonly system: System; readonly directory: ByteString; readonly findKind: FindKind };

/** How long one waits for another to finish with the store. */
const lockSeconds = 10;

/**
 * Hands on a store to look at, until `use` returns, or the promise that it returns is settled; another may change it
 * meanwhile. Throws Failure `no-store` and those of `Store`.
 */
export function readStore<Result>(place: StorePlace, use: (store: Store) => Result): Result {
  return withFiles(place, (files) => use(new Store(doorsOf(place, files))));
}

/**
 * The same while nobody changes it, for what stays mounted: whoever takes the content of a branch looks for its mounts
 * first. A store that cannot be written to has nobody who could. Throws Failure `store-locked` too.
 */
export function holdStore<Result>(place: StorePlace, use: (store: Store) => Result): Result {
  return withFiles(place, (files) => {
    const release = lockIfWritable(place, files);
    return afterwards(() => use(new Store(doorsOf(place, files))), release);
  });
}

/**
 * The same to change it: nobody else does meanwhile, and everything that was left unfinished is settled before. Throws Failure `store-locked`, `ledger-behind` and those of `Store`.
 */
export function changeStore<Result>(place: StorePlace, use: (store: Store) => Result): Result {
  return withLockedStore(place, (doors) => {
    const store = new Store(doors);
    settle(store);
    return use(store);
  });
}

/** Hands on what a store is, whatever state its ledger is in, while nobody else changes it. For `fsck`. */
export function withLockedStore<Result>(place: StorePlace, use: (doors: StoreDoors) => Result): Result {
  return withFiles(place, (files) => {
    const doors = doorsOf(place, files);
    return afterwards(() => use(doors), lock(place, files));
  });
}

/** Takes the lock, which `initramfs/mount.migrate` takes too; gives what lets go of it. */
function lock(place: StorePlace, files: Files): () => void {
  const release = files.lock(storePaths.lock, lockSeconds);
  if (release === null) throw locked(place);
  return release;
}

function lockIfWritable(place: StorePlace, files: Files): () => void {
  try {
    return lock(place, files);
  } catch (error) {
    if (errorCode(error) !== 'EROFS') throw error;
    return () => undefined;
  }
}

function withFiles<Result>({ system, directory }: StorePlace, use: (files: Files) => Result): Result {
  return withDirectory(system, directory, use);
}

function doorsOf({ system, directory, findKind }: StorePlace, files: Files): StoreDoors {
  const identity = readIdentity(files);
  const { backend: name } = identity;
  const kind = findKind(name);
  if (kind !== null) return { files, system, identity, backend: kind.open(directory, system, identity.pool) };
  throw new Failure({
    code: 'no-backend',
    kind: 'failed',
    message: `Cannot use the store in ${textOrBytes(directory)}: this program knows no storage called "${name}"`,
    advice: 'A newer migrate made it; use that one',
  });
}

function locked({ directory }: StorePlace): Failure {
  return new Failure({
    code: 'store-locked',
    kind: 'failed',
    message: `Cannot change the store in ${textOrBytes(directory)}: another migrate has been changing it for ${lockSeconds} s`,
    advice: 'Wait for it to end, and run this again',
  });
}
