import type { BootFile } from '../../boot/boot-files.ts';
import { Failure } from '../../domain/failure.ts';
import { minuteOf } from '../../domain/minute.ts';
import type { RootPath } from '../../domain/path.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { resolveInside } from '../../images/read-inside.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { type BootEntry, startOf } from '../staging/boot-entry.ts';
import { secondInitrdPath } from '../staging/boot-of-version.ts';
import { type FoundKernel, kernelBefore, newestOfImage } from '../staging/kernel-to-load.ts';

/** What a loader needs to start a version: files of a branch or tag, and a command line. */
export type VersionStart = {
  readonly version: VersionRecord;
  readonly title: string;
  readonly commandLine: string;
  readonly place: Place;
  /** The files by the names that the loader's directory has them by; links in the paths are not resolved yet. */
  readonly files: readonly BootFile[];
};

/** A version that a loader cannot start, and why. */
export type Unstartable = { readonly version: VersionRecord; readonly why: string };

/** What starts each of the versions, and which cannot be started. */
export function startsOf(
  store: Store,
  records: readonly VersionRecord[],
): { readonly starts: readonly VersionStart[]; readonly unstartable: readonly Unstartable[] } {
  const found = records.map((version) => startOrWhy(store, version));
  return {
    starts: found.flatMap((one) => ('why' in one ? [] : [one])),
    unstartable: found.flatMap((one) => ('why' in one ? [one] : [])),
  };
}

function startOrWhy(store: Store, version: VersionRecord): VersionStart | Unstartable {
  try {
    return versionStart(store, version);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { version, why: error.message };
  }
}

/** What starts a version. Throws Failure `cannot-boot`. */
export function versionStart(store: Store, version: VersionRecord): VersionStart {
  const { entry, kernel } = startOf(store, version);
  return startBy(version, kernel, entry);
}

/**
 * The same; where its root has no kernel any more, by the one of its image. It may have no modules for that: so it is started
 * for no more than its reset. Throws Failure `cannot-boot`.
 */
export function damagedStart(store: Store, version: VersionRecord): VersionStart {
  try {
    return versionStart(store, version);
  } catch (error) {
    if (!(error instanceof Failure) || version.boot === null) throw error;
    const kernel = newestOfImage(store, version);
    if (kernel === null) throw error;
    return startBy(version, kernel, { commandLine: version.boot.commandLine, secondInitrd: null });
  }
}

/**
 * The same version with the kernel that its newest one came after, should that not start; null where its root has no other, or
 * is not what `start` loads it from. Throws Failure `cannot-boot`.
 */
export function startWithKernelBefore(store: Store, start: VersionStart): VersionStart | null {
  const { version, commandLine, place } = start;
  const kernel = place.kind === 'branch' ? kernelBefore(store, version) : null;
  if (kernel === null) return null;
  const title = `${version.id} with its previous kernel, ${kernel.loaded.kernelRelease}`;
  return { ...startBy(version, kernel, { commandLine, secondInitrd: null }), title };
}

function startBy(
  version: VersionRecord,
  kernel: FoundKernel,
  entry: Pick<BootEntry, 'commandLine' | 'secondInitrd'>,
): VersionStart {
  const { kernel: linux, initramfs } = kernel.kernel;
  // Only kernels with both are found.
  if (linux === null || initramfs === null) throw new TypeError(`The kernel of ${version.id} is not whole`);
  return {
    version,
    title: titleOf(version),
    commandLine: entry.commandLine,
    place: kernel.place,
    files: [
      { name: 'linux', path: linux },
      { name: 'initrd', path: initramfs },
      ...(entry.secondInitrd === null ? [] : [{ name: 'migrate.cpio.zst', path: secondInitrdPath } as const]),
    ],
  };
}

/** Hands on the tree of a start, and its files with the links in their paths resolved. */
export function withFilesOf<Result>(
  { backend, system }: Store,
  { place, files }: VersionStart,
  use: (from: Files, files: readonly BootFile[]) => Result,
): Result {
  return backend.withContent(place, { writable: false }, (directory) => {
    const from = system.openRoot(directory);
    try {
      return use(
        from,
        files.map(({ name, path }) => ({ name, path: resolved(from, path) })),
      );
    } finally {
      from.close();
    }
  });
}

function resolved(from: Files, path: RootPath): RootPath {
  return resolveInside(from, path) ?? path;
}

function titleOf({ id, state, history }: VersionRecord): string {
  const since = history.findLast(({ to }) => to === state)?.at ?? '';
  return `${id} (${state} since ${minuteOf(since)})`;
}
