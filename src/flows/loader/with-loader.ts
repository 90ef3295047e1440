import type { Loader, LoaderKind } from '../../boot/loader.ts';
import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { afterwards } from '../../domain/afterwards.ts';
import { type ByteString, bytesOfText } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { StorePlace } from '../../store/open-store.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { type LoaderRecord, readLoaderRecord } from './loader-record.ts';

/** The loader of a machine, with its directory. */
export type LoaderAt = {
  readonly loader: Loader;
  readonly files: Files;
  /** The directory from the top of its filesystem, with a leading slash. */
  readonly path: string;
  readonly record: LoaderRecord;
  /** Has all that was written there be where the loader reads it. */
  readonly checkpoint: () => void;
};

/** What is known of the loader of a store's machine: its record, and its kind, which is loaded. */
export type KnownLoader = { readonly system: System; readonly record: LoaderRecord; readonly kind: LoaderKind };

/** Null where the store's machine has none that is known: whoever starts it does so by `migrate entry`. Throws Failure `loader-record` or `no-loader`. */
export async function loaderOf(place: StorePlace, choices: readonly LoaderChoice[]): Promise<KnownLoader | null> {
  const { system, directory } = place;
  const record = withDirectory(system, directory, readLoaderRecord);
  return record === null ? null : { system, record, kind: await loadLoader(choices, record.kind) };
}

/** The kind of loader of that name. Throws Failure `no-loader`. */
export async function loadLoader(choices: readonly LoaderChoice[], wanted: string): Promise<LoaderKind> {
  const kind = await choices.find(({ name }) => name === wanted)?.load();
  if (kind !== undefined) return kind;
  throw new Failure({
    code: 'no-loader',
    kind: 'input',
    message: `Cannot use the loader "${wanted}": that is none of ${choices.map(({ name }) => name).join(', ')}`,
  });
}

/** At boot nothing else waits for the loader's device, and udev may still be looking at the disks. */
const deviceSeconds = 10;

/** Mounts the loader's filesystem, whatever the running system has at /boot, and hands the loader on. */
export function withLoader<Result>({ system, record, kind }: KnownLoader, use: (at: LoaderAt) => Result): Result {
  const { mounts } = system;
  const location = { device: record.device, subvolume: null };
  mounts.waitForAny([record.device], deviceSeconds);
  return mounts.withMounted(
    (top) => mounts.mount(location, top, { writable: true, top: true }),
    { writable: true },
    (top) => withLoaderIn(system, { kind, record, directory: below(bytesOfText(top), record.path) }, use),
  );
}

/** Held in the store by whoever changes what the loader starts. */
export const loaderLock: RootPath = '/loader.lock';

/** How long one waits for another that copies kernels. */
const lockSeconds = 60;

/**
 * Runs what reads the store to tell the loader of it while nobody else does: of two at once, the one that has read first
 * would otherwise take back what the other has written. Throws Failure `loader-busy`.
 */
export function withLoaderAlone<Result>({ system, directory }: StorePlace, use: () => Result): Result {
  return withDirectory(system, directory, (store) => {
    const release = store.lock(loaderLock, lockSeconds);
    if (release === null) throw busy();
    return afterwards(use, release);
  });
}

function busy(): Failure {
  return new Failure({
    code: 'loader-busy',
    kind: 'failed',
    message: `Cannot change what the loader starts: another migrate has been doing so for ${lockSeconds} s`,
    advice: 'Wait for it to end, and run this again',
  });
}

type Opened = { readonly kind: LoaderKind; readonly record: LoaderRecord; readonly directory: ByteString };

function withLoaderIn<Result>(
  system: System,
  { kind, record, directory }: Opened,
  use: (at: LoaderAt) => Result,
): Result {
  const path = `/${record.path}`;
  return withDirectory(system, directory, (files) => {
    const loader = kind.open({ directory, path }, system);
    return use({ loader, files, path, record, checkpoint: () => system.mounts.checkpoint(directory) });
  });
}

function below(top: ByteString, path: string): ByteString {
  return path === '' ? top : `${top}/${bytesOfText(path)}`;
}
