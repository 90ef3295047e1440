import type { Item } from './item.ts';

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
