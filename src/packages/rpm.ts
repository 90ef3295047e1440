import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Shipped } from '../domain/shipped.ts';
import type { Files } from '../system/files.ts';
import { findOwners, type PackageList } from './find-owners.ts';
import { once } from './once.ts';
import type { InstalledPackage, PackageDatabase } from './package-database.ts';
import { findRpm, queryRpm, type RpmTools } from './rpm-query.ts';
import { parseRecords, type RpmPackage, recordFormat } from './rpm-records.ts';
import { topLinkResolver } from './top-links.ts';

/**
 * The rpm database of a tree, or null where the tree has none. Asking it for anything runs rpm, once. Throws Failure
 * `package-database`, `no-rpm` or `command`.
 */
export function readRpm(files: Files, tools: RpmTools): PackageDatabase | null {
  const found = findRpm(files);
  if (found === null) return null;
  const packages = once(() => readPackages(files, found.directory, tools));
  const owners = once(() => findOwners(packages().map(listOf)));
  const shipped = once(() => shippedPaths(packages()));
  const configuration = once(() => pathsOfClass(packages(), 'configuration'));
  const ghosts = once(() => pathsOfClass(packages(), 'ghost'));
  return {
    kind: 'rpm',
    file: found.file,
    filesOf: (name) => filesOf(name, packages(), owners),
    ownerOf: (path) => owners().get(path) ?? null,
    packages: () => installedOf(packages()).map(({ name }) => name),
    installed: () => installedOf(packages()),
    shipped: (path) => shipped().get(path) ?? null,
    paths: () => shipped().keys(),
    pathsOf: (wanted) => (wanted === 'configuration' ? configuration() : ghosts()),
  };
}

/** Keys that sign packages stand in the database as packages without files. */
const keyPackage = 'gpg-pubkey';

function readPackages(files: Files, directory: RootPath, tools: RpmTools): RpmPackage[] {
  const resolve = topLinkResolver(files);
  const text = queryRpm(files, directory, recordFormat, tools);
  const packages = parseRecords(text, (line) => malformed(files, directory, line));
  return packages
    .filter(({ name }) => name !== keyPackage)
    .map((one) => ({ ...one, files: one.files.map((file) => ({ ...file, path: resolve(file.path) })) }));
}

function listOf({ name, files }: RpmPackage): PackageList {
  return { name, paths: files.map(({ path }) => path) };
}

function filesOf(
  wanted: ByteString,
  packages: readonly RpmPackage[],
  owners: () => ReadonlyMap<RootPath, ByteString | null>,
): Set<RootPath> | null {
  const named = packages.filter(({ name }) => name === wanted);
  if (named.length === 0) return null;
  const carried = named.flatMap(({ files }) => files.filter((file) => file.class !== 'ghost'));
  return new Set(carried.map(({ path }) => path).filter((path) => owners().get(path) !== null));
}

function installedOf(packages: readonly RpmPackage[]): InstalledPackage[] {
  const byName = new Map<ByteString, InstalledPackage>();
  for (const { name, version, needs, provides } of packages) {
    byName.set(name, { name, version, byHand: null, needs, provides: [name, ...provides] });
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function shippedPaths(packages: readonly RpmPackage[]): Map<RootPath, Shipped> {
  const all = packages.flatMap(({ files }) => files);
  return new Map(all.flatMap(({ path, shipped }) => (shipped === null ? [] : [[path, shipped] as const])));
}

function pathsOfClass(packages: readonly RpmPackage[], wanted: 'configuration' | 'ghost'): Set<RootPath> {
  return new Set(
    packages.flatMap(({ files }) => files.filter((file) => file.class === wanted).map(({ path }) => path)),
  );
}

function malformed(files: Files, directory: RootPath, line: number): Failure {
  return new Failure({
    code: 'package-database',
    kind: 'failed',
    message: `What rpm says of ${displayBytes(files.root === '/' ? directory : files.root + directory)} cannot be read: line ${line}`,
    advice: 'Repair the package database of that system, or name files instead of packages in the policy.',
  });
}
