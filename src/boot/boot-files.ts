import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import { partialEnding } from '../files/write-durably.ts';
import type { Files } from '../system/files.ts';

/** A file that a loader reads to start a version, and where it comes from. */
export type BootFile = { readonly name: 'linux' | 'initrd' | 'migrate.cpio.zst'; readonly path: RootPath };

/** A file of a version in the loader's directory. */
export type InstalledFile = { readonly name: BootFile['name']; readonly path: RootPath };

const versionsPath: RootPath = '/versions';
/** What stays free on a filesystem that others write to as well: 4 MiB. */
const reserve = 4 * 2 ** 20;

/**
 * Copies what a loader reads for a version, unless it is there already, and reads it back. `loader` is the loader's
 * directory. The names tell the content, so that a menu that names them never starts a kernel with another one's initrd.
 * Not final for a loader before the filesystem's checkpoint. Throws Failure `no-boot-space`, before it writes anything, or
 * `boot-file-differs`.
 */
export function installBootFiles(
  loader: Files,
  version: string,
  { from, files }: { readonly from: Files; readonly files: readonly BootFile[] },
): readonly InstalledFile[] {
  const directory = childOf(versionsPath, version);
  const targets = files.map(({ name, path }) => {
    return { name, from: path, path: childOf(directory, `${name}-${from.digest(path).slice(0, 16)}`) };
  });
  const missing = targets.filter((one) => !isThere(loader, one.path, from, one.from));
  const sizes = missing.map((one) => from.status(one.from)?.size ?? 0);
  requireSpace(loader, version, sizes);
  for (const parent of [versionsPath, directory]) if (loader.status(parent) === null) loader.makeDirectory(parent);
  for (const one of missing) copy(loader, one.path, from, one.from);
  return targets.map(({ name, path }) => ({ name, path }));
}

/**
 * Removes what the loader's directory has for versions besides what is kept; nothing that is to start may need it. Says
 * whether anything was removed.
 */
export function removeBootFiles(loader: Files, isKept: (version: string, path: RootPath) => boolean): boolean {
  if (loader.status(versionsPath) === null) return false;
  let hasRemoved = false;
  for (const version of loader.list(versionsPath)) {
    const directory = childOf(versionsPath, version);
    const paths = loader.list(directory).map((name) => childOf(directory, name));
    const unused = paths.filter((path) => !isKept(version, path));
    for (const path of unused) loader.unlink(path);
    if (unused.length === paths.length) loader.removeDirectory(directory);
    hasRemoved ||= unused.length > 0;
  }
  return hasRemoved;
}

function isThere(loader: Files, at: RootPath, from: Files, path: RootPath): boolean {
  return loader.status(at)?.type === 'file' && isOnDisk(loader, at, from, path);
}

/** What was just written is still in memory, whatever the disk has made of it: the loader reads the disk. */
function isOnDisk(loader: Files, at: RootPath, from: Files, path: RootPath): boolean {
  loader.dropFromMemory(at);
  return loader.sameContent(at, from, path);
}

/** Whole under another name first: what a loader finds under the right one is never half a kernel. */
function copy(loader: Files, at: RootPath, from: Files, path: RootPath): void {
  const partial = `${at}${partialEnding}`;
  if (loader.status(partial) !== null) loader.unlink(partial);
  loader.copyFrom(partial, from, path, { flags: 0 });
  loader.sync(partial);
  if (!isOnDisk(loader, partial, from, path)) throw differs(at);
  loader.rename(partial, at);
}

function requireSpace(loader: Files, version: string, sizes: readonly number[]): void {
  const needed = sizes.reduce((sum, size) => sum + size, 0);
  const { bytes } = loader.space();
  if (needed === 0 || needed + reserve <= bytes) return;
  const mebibytes = (size: number): number => Math.ceil(size / 2 ** 20);
  throw new Failure({
    code: 'no-boot-space',
    kind: 'failed',
    message: `Cannot put the kernel of ${version} where the loader reads it: it takes ${mebibytes(needed + reserve)} MiB, and ${mebibytes(bytes)} MiB are free on that filesystem`,
    advice: 'Remove versions with migrate prune, or kernels that are of no version',
  });
}

function differs(at: RootPath): Failure {
  return new Failure({
    code: 'boot-file-differs',
    kind: 'failed',
    message: `Cannot use ${displayBytes(at)}, which the loader would read: it does not hold what was copied there`,
    advice: 'The disk may be failing: see the log of the kernel',
  });
}
