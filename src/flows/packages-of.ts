import { readDpkg } from '../packages/dpkg.ts';
import { filesInAny, type PackageDatabase } from '../packages/package-database.ts';
import { readRpm } from '../packages/rpm.ts';
import type { RpmTools } from '../packages/rpm-query.ts';
import type { FilesOfPackage } from '../policy/compile.ts';
import type { Files } from '../system/files.ts';

/** The package databases of a tree, dpkg's and rpm's; nothing is read before they are asked. */
export function databasesOf(files: Files, tools: RpmTools): PackageDatabase[] {
  return [readDpkg(files), readRpm(files, tools)].filter((database) => database !== null);
}

/** The files of a package in any of the databases: what a package owns may have changed from one image to the next. */
export function packagesIn(databases: readonly PackageDatabase[]): FilesOfPackage {
  return (name) => filesInAny(databases, name);
}

/** The files of a package in any of the trees. */
export function packagesOf(trees: readonly Files[], tools: RpmTools): FilesOfPackage {
  return packagesIn(trees.flatMap((files) => databasesOf(files, tools)));
}
