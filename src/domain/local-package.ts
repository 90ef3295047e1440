import type { Item } from './item.ts';
import { nameOf, type RootPath } from './path.ts';

/** The kind of the items for packages that were installed on the machine; the package's name follows it in the key. */
export const localPackageItem = 'local-package';

/** What can become of such a package. */
export type PackageResolution = 'reinstall' | 'carry' | 'drop';

/** Names that package managers give (Debian Policy 5.6.1; rpm allows capitals and `_` too). */
const packageName = /^[A-Za-z0-9][A-Za-z0-9+._-]*$/;

/** The packages that the settled items have installed again in the new version. */
export function packagesToReinstall(items: readonly Item[]): string[] {
  const prefix = `${localPackageItem}:`;
  const wanted = items.filter(({ key, settled }) => key.startsWith(prefix) && settled?.resolution === 'reinstall');
  return wanted.map(({ key }) => key.slice(prefix.length)).filter((name) => packageName.test(name));
}

/** The kind of the items for units that were enabled here and have no file in the new version. */
export const unitGoneItem = 'unit-gone';

/** The units to be enabled when their packages are there, a path a line, in the root that waits for them. */
export const pendingUnitsNote: RootPath = '/var/lib/migrate/reinstall-units';

/**
 * Where units would lie that were enabled here and come with packages that are installed again, if at all: many package
 * managers leave it to a person to enable them.
 */
export function unitsToEnable(items: readonly Item[]): RootPath[] {
  if (packagesToReinstall(items).length === 0) return [];
  const prefix = `${unitGoneItem}:`;
  const gone = items.filter(({ key }) => key.startsWith(prefix)).map(({ key }) => key.slice(prefix.length));
  return gone.filter((path) => nameOf(path) !== 'default.target');
}
