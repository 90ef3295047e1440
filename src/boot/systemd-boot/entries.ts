import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import { parentOf, type RootPath } from '../../domain/path.ts';
import { partialEnding } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';
import { notWritten } from '../not-written.ts';

export const entriesPath: RootPath = '/loader/entries';

/** A file in the entries' directory: `NAME.conf`, or `NAME+LEFT-DONE.conf` where its starts are counted. */
export type Entry = {
  readonly path: RootPath;
  readonly name: string;
  readonly counter: { readonly left: number; readonly done: number } | null;
};

/** The entries of migrate. */
export function listEntries(files: Files): readonly Entry[] {
  if (files.status(entriesPath)?.type !== 'directory') return [];
  return files.list(entriesPath).flatMap((file) => {
    const [, name, left, done = '0'] = /^(migrate[-.].+?)(?:\+([0-9]+)(?:-([0-9]+))?)?\.conf$/.exec(file) ?? [];
    if (name === undefined) return [];
    const counter = left === undefined ? null : { left: Number(left), done: Number(done) };
    return [{ path: `${entriesPath}/${file}`, name, counter }];
  });
}

/** Where an entry with that counter is. */
export function entryPath(name: string, counter: Entry['counter'] = null): RootPath {
  if (counter === null) return `${entriesPath}/${name}.conf`;
  return `${entriesPath}/${name}+${counter.left}${counter.done === 0 ? '' : `-${counter.done}`}.conf`;
}

/**
 * Makes or replaces an entry. What systemd-boot reads ends in `.conf`, which it never finds half written. Throws Failure
 * `loader-not-written` where the disk does not hold it then.
 */
export function writeEntry(files: Files, path: RootPath, text: ByteString): void {
  if (files.status(path)?.type === 'file' && files.readFromDisk(path) === text) return;
  const partial = `${path}${partialEnding}`;
  if (files.status(partial) !== null) files.unlink(partial);
  files.create(partial, text);
  if (files.readFromDisk(partial) !== text)
    throw notWritten('systemd-boot', `${displayBytes(path)} does not hold what was written there`);
  files.rename(partial, path);
  files.sync(parentOf(path));
}
