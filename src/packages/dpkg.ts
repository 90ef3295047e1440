import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Shipped } from '../domain/shipped.ts';
import type { Files } from '../system/files.ts';
import { readAutomaticPackages } from './apt-marks.ts';
import { readAlternatives } from './dpkg-alternatives.ts';
import { readDigests } from './dpkg-digests.ts';
import type { DpkgList, DpkgLists } from './dpkg-lists.ts';
import { readLists } from './dpkg-lists.ts';
import type { DpkgPackage } from './dpkg-status.ts';
import { readStatus, statusFile } from './dpkg-status.ts';
import { once } from './once.ts';
import type { InstalledPackage, PackageDatabase } from './package-database.ts';

/**
 * The dpkg database of a tree (dpkg(1), section FILES), or null where the tree has none. A name may be followed by
 * `:ARCHITECTURE`; without it, all architectures are meant. Throws Failure `package-database`.
 */
export function readDpkg(files: Files): PackageDatabase | null {
  if (files.status(statusFile) === null) return null;
  const status = once(() => readStatus(files));
  const lists = once(() => readLists(files));
  const installed = once(() => installedPackages(status(), readAutomaticPackages(files)));
  const shipped = once(() => shippedPaths(files, lists(), status()));
  const settings = once(() => settingsOf(lists(), status()));
  const ghosts: ReadonlySet<RootPath> = new Set();
  return {
    kind: 'dpkg',
    file: statusFile,
    filesOf: (name) => filesOf(name, status(), lists),
    ownerOf: (path) => lists().owners.get(path) ?? null,
    packages: () => installed().map(({ name }) => name),
    installed,
    shipped: (path) => shipped().get(path) ?? null,
    paths: () => shipped().keys(),
    pathsOf: (wanted) => (wanted === 'configuration' ? settings() : ghosts),
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

/** Packages of several architectures count as one. */
function installedPackages(
  status: readonly DpkgPackage[],
  automatic: ReadonlySet<ByteString> | null,
): InstalledPackage[] {
  const byName = new Map<ByteString, InstalledPackage>();
  for (const { name, version, installed, needs, provides } of status) {
    if (!installed || byName.has(name)) continue;
    const byHand = automatic === null ? null : !automatic.has(name);
    byName.set(name, { name, version, byHand, needs, provides: [name, ...provides] });
  }
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

const unknown: Shipped = Object.freeze({ digest: null, target: null, attributes: null });

/** dpkg notes neither types nor modes nor owners; of a file without a digest only that it was there. */
function shippedPaths(files: Files, lists: DpkgLists, status: readonly DpkgPackage[]): Map<RootPath, Shipped> {
  const shipped = new Map<RootPath, Shipped>();
  for (const path of lists.owners.keys()) shipped.set(path, unknown);
  for (const [path, hex] of readDigests(files, lists, status)) {
    shipped.set(path, { ...unknown, digest: { algorithm: 'md5', hex } });
  }
  for (const { path, byHand } of readAlternatives(files)) {
    if (!byHand) shipped.set(path, { ...unknown, generated: true });
  }
  return shipped;
}

/** What an upgrade is to remove is no setting of the package any more. */
function settingsOf({ placeOf }: DpkgLists, status: readonly DpkgPackage[]): Set<RootPath> {
  const kept = status.flatMap(({ name, conffiles }) =>
    conffiles.filter(({ removeOnUpgrade }) => !removeOnUpgrade).map(({ path }) => placeOf(path, name)),
  );
  return new Set(kept);
}
