import type { ByteString } from '../domain/bytes.ts';
import { parentOf, type RootPath } from '../domain/path.ts';

/** The paths of one package. */
export type PackageList = { readonly name: ByteString; readonly paths: readonly RootPath[] };

/** The package that owns each path; null for a directory that several packages use. Only all lists tell which these are. */
export function findOwners(lists: readonly PackageList[]): Map<RootPath, ByteString | null> {
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
