import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import { childOf } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { databaseFailure } from './database-failure.ts';
import { readDiversions } from './dpkg-diversions.ts';
import { findOwners } from './find-owners.ts';
import { topLinkResolver } from './top-links.ts';

/** Where dpkg keeps what it knows of single packages. */
export const infoDirectory: RootPath = '/var/lib/dpkg/info';

/** The list of one package's files; `architecture` where the list's name holds one (`libc6:amd64.list`). */
export type DpkgList = {
  readonly name: ByteString;
  readonly architecture: ByteString | null;
  readonly paths: readonly RootPath[];
};

/** All lists, and who owns what by them. */
export type DpkgLists = {
  readonly lists: ReadonlyMap<ByteString, readonly DpkgList[]>;
  /** The package that owns each path; null for a directory that several packages use. */
  readonly owners: ReadonlyMap<RootPath, ByteString | null>;
  /** Where a path of a package's lists really lies, by merged directories and diversions; null for no package's path. */
  readonly placeOf: (path: RootPath, name: ByteString | null) => RootPath;
};

/** Reads the file lists of all packages: only all of them tell which directories are shared. */
export function readLists(files: Files): DpkgLists {
  const resolve = topLinkResolver(files);
  const diversions = readDiversions(files, resolve);
  function placeOf(listed: RootPath, name: ByteString | null): RootPath {
    const path = resolve(listed);
    const diversion = diversions.get(path);
    return diversion === undefined || diversion.by === name ? path : diversion.to;
  }
  const lists = new Map<ByteString, DpkgList[]>();
  for (const fileName of files.list(infoDirectory)) {
    if (!fileName.endsWith('.list')) continue;
    const [name = '', architecture = null] = fileName.slice(0, -'.list'.length).split(':');
    const paths = readPaths(files, childOf(infoDirectory, fileName)).map((path) => placeOf(path, name));
    lists.set(name, [...(lists.get(name) ?? []), { name, architecture, paths }]);
  }
  return { lists, owners: findOwners([...lists.values()].flat()), placeOf };
}

function readPaths(files: Files, file: RootPath): RootPath[] {
  const lines = files.read(file).split('\n');
  if (lines.at(-1) === '') lines.pop();
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith('/')) throw databaseFailure(files, file, index + 1, 'a path starts with "/"');
  }
  // The root itself stands as `/.`; it belongs to no package.
  return lines.filter((line) => line !== '/.' && line !== '/');
}
