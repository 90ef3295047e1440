import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { DpkgList, DpkgLists } from './dpkg-lists.ts';
import { readLists } from './dpkg-lists.ts';
import type { DpkgPackage } from './dpkg-status.ts';
import { readStatus, statusFile } from './dpkg-status.ts';
import type { PackageDatabase } from './package-database.ts';

/**
 * The dpkg database of a tree (dpkg(1), section FILES), or null where the tree has none. A name may be followed by
 * `:ARCHITECTURE`; without it, all architectures are meant. Throws Failure `package-database`.
 */
export function readDpkg(files: Files): PackageDatabase | null {
  if (files.status(statusFile) === null) return null;
  const status = once(() => readStatus(files));
  const lists = once(() => readLists(files));
  return {
    filesOf: (name) => filesOf(name, status(), lists),
    ownerOf: (path) => lists().owners.get(path) ?? null,
    packages: () => installedNames(status()),
  };
}

function filesOf(name: ByteString, status: readonly DpkgPackage[], lists: () => DpkgLists): Set<RootPath> | null {
  const colon = name.indexOf(':');
  const wanted = {
    name: colon === -1 ? name : name.slice(0, colon),
    architecture: colon === -1 ? null : name.slice(colon + 1),
  };
  const known = status.filter((one) => one.name === wanted.name && isOf(wanted.architecture, one.architecture));
  if (known.length === 0) return null;
  const { lists: byName, owners } = lists();
  const chosen = (byName.get(wanted.name) ?? []).filter((list) => listIsOf(wanted.architecture, list));
  return new Set(chosen.flatMap((list) => list.paths.filter((path) => owners.get(path) !== null)));
}

function isOf(wanted: ByteString | null, architecture: ByteString): boolean {
  return wanted === null || wanted === architecture;
}

// A list without an architecture in its name is that of the one architecture the package is there for.
function listIsOf(wanted: ByteString | null, list: DpkgList): boolean {
  return list.architecture === null || isOf(wanted, list.architecture);
}

function installedNames(status: readonly DpkgPackage[]): ByteString[] {
  return [...new Set(status.filter((one) => one.installed).map((one) => one.name))].sort(compareBytes);
}

function compareBytes(a: ByteString, b: ByteString): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function once<Value>(read: () => Value): () => Value {
  let known: { readonly value: Value } | null = null;
  return () => {
    known ??= { value: read() };
    return known.value;
  };
}
