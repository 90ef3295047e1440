import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';

/** What a tree's own package database says. Files are read when first asked for; then Failure `package-database`. */
export type PackageDatabase = {
  /**
   * The paths that the package owns, as a walk of the tree sees them, or null where the package is not known.
   * Directories that hold files of another package too are nobody's and left out.
   */
  readonly filesOf: (name: ByteString) => ReadonlySet<RootPath> | null;
  /** The name of the package that owns the path, or null. */
  readonly ownerOf: (path: RootPath) => ByteString | null;
  /** Names of the packages that are installed, sorted by their bytes. */
  readonly packages: () => readonly ByteString[];
};

/** The files that a package owns in any of the trees, or null where none of them knows it. */
export function filesInAny(databases: readonly PackageDatabase[], name: ByteString): ReadonlySet<RootPath> | null {
  const known = databases.map((database) => database.filesOf(name)).filter((files) => files !== null);
  return known.length === 0 ? null : new Set(known.flatMap((files) => [...files]));
}
