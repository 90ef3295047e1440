import { readDpkg } from '../packages/dpkg.ts';
import { filesInAny } from '../packages/package-database.ts';
import type { FilesOfPackage } from '../policy/compile.ts';
import type { Files } from '../system/files.ts';

/** The files of a package in any of the trees: what a package owns may have changed from one image to the next. */
export function packagesOf(trees: readonly Files[]): FilesOfPackage {
  const databases = trees.map((files) => readDpkg(files)).filter((database) => database !== null);
  return (name) => filesInAny(databases, name);
}
