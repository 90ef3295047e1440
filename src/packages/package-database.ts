import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { PackageFileClass, Shipped } from '../domain/shipped.ts';

/** A package that is installed in a tree. */
export type InstalledPackage = {
  readonly name: ByteString;
  /** As its package manager writes it, epoch included where there is one. */
  readonly version: ByteString;
  /** False where the package manager noted that it came only because another needs it; null where nothing is noted. */
  readonly byHand: boolean | null;
  /** Names of what it asks for, installed or not. */
  readonly needs: readonly ByteString[];
  /** Names that others may ask for when they mean it, its own included. */
  readonly provides: readonly ByteString[];
};

/** What a tree's own package database says. Files are read when first asked for; then Failure `package-database`. */
export type PackageDatabase = {
  readonly kind: 'dpkg' | 'rpm';
  /** The file that changes whenever a package comes or goes. */
  readonly file: RootPath;
  /**
   * The paths that the package owns, as a walk of the tree sees them, or null where the package is not known.
   * Directories that hold files of another package too are nobody's and left out, and so is what the package only
   * declares to be made while it is used (rpm's %ghost), unless it is a setting.
   */
  readonly filesOf: (name: ByteString) => ReadonlySet<RootPath> | null;
  /** The name of the package that owns the path, or null. */
  readonly ownerOf: (path: RootPath) => ByteString | null;
  /** Names of the packages that are installed, sorted by their bytes. */
  readonly packages: () => readonly ByteString[];
  /** The packages that are installed, in the order of their names. */
  readonly installed: () => readonly InstalledPackage[];
  /** What was delivered at the path, or null where no package owns it. */
  readonly shipped: (path: RootPath) => Shipped | null;
  /** All paths of which `shipped` knows. */
  readonly paths: () => Iterable<RootPath>;
  /** The paths of a class; a setting that is made while it is used is a setting (case 62). */
  readonly pathsOf: (wanted: PackageFileClass) => ReadonlySet<RootPath>;
};

/** The files that a package owns in any of the trees, or null where none of them knows it. */
export function filesInAny(databases: readonly PackageDatabase[], name: ByteString): ReadonlySet<RootPath> | null {
  const known = databases.map((database) => database.filesOf(name)).filter((files) => files !== null);
  return known.length === 0 ? null : new Set(known.flatMap((files) => [...files]));
}
