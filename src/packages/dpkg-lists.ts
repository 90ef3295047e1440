import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import { childOf, parentOf } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { databaseFailure } from './database-failure.ts';
import { readDiversions } from './dpkg-diversions.ts';
import { topLinkResolver } from './top-links.ts';

const infoDirectory = '/var/lib/dpkg/info';

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
};

/** Reads the file lists of all packages: only all of them tell which directories are shared. */
export function readLists(files: Files): DpkgLists {
  const resolve = topLinkResolver(files);
  const diversions = readDiversions(files, resolve);
  const lists = new Map<ByteString, DpkgList[]>();
  for (const fileName of files.list(infoDirectory)) {
    if (!fileName.endsWith('.list')) continue;
    const [name = '', architecture = null] = fileName.slice(0, -'.list'.length).split(':');
    const paths = readPaths(files, childOf(infoDirectory, fileName)).map((listed) => {
      const path = resolve(listed);
      const diversion = diversions.get(path);
      return diversion === undefined || diversion.by === name ? path : diversion.to;
    });
    lists.set(name, [...(lists.get(name) ?? []), { name, architecture, paths }]);
  }
  return { lists, owners: findOwners([...lists.values()].flat()) };
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

function findOwners(lists: readonly DpkgList[]): Map<RootPath, ByteString | null> {
  const directories = new Set<RootPath>();
  for (const list of lists) for (const path of list.paths) directories.add(parentOf(path));
  const owners = new Map<RootPath, ByteString | null>();
  for (const { name, paths } of lists) {
    for (const path of paths) {
      const owner = owners.get(path);
      if (owner === undefined) owners.set(path, name);
      else if (owner !== name && directories.has(path)) owners.set(path, null);
    }
  }
  return owners;
}
