import type { ByteString } from '../../domain/bytes.ts';
import type { Entry } from '../../domain/entry.ts';
import { childOf, nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Scope } from './scope.ts';
import type { Tree } from './tree.ts';
import { instantiateLike, isUnitName } from './unit-name.ts';

/** A link by which a unit is enabled: another unit depends on it, or it has another name or place. */
export type Link = {
  readonly path: RootPath;
  readonly kind: 'dependency' | 'alias';
  /** The unit that is enabled; only its name counts, not where the link says that its file lies. */
  readonly unit: ByteString;
  readonly target: ByteString;
};

/** The unit that `systemctl set-default` chooses; a choice of its own, which belongs to no unit's [Install] section. */
export const defaultTarget: ByteString = 'default.target';

const dependencies = ['.wants', '.requires', '.upholds'];

/** Whether the directory holds links that make its unit depend on others. */
export function isDependencyDirectory(name: ByteString): boolean {
  return dependencies.some((suffix) => name.endsWith(suffix) && isUnitName(name.slice(0, -suffix.length)));
}

/** Whether the entry masks the unit of its name: a link to /dev/null, or an empty file (systemd.unit(5)). */
export function isMask(entry: Entry | null): boolean {
  if (entry?.type === 'symlink') return entry.target === '/dev/null';
  return entry?.type === 'file' && entry.size === 0;
}

/** The link that the entry at this path is, or null. One to a unit file of its own name (`systemctl link`) counts too. */
export function linkAt(scope: Scope, path: RootPath, entry: Entry | null): Link | null {
  if (entry?.type !== 'symlink' || entry.target === undefined || isMask(entry)) return null;
  const [name, directory, target] = [nameOf(path), parentOf(path), entry.target];
  if (!isUnitName(name)) return null;
  if (parentOf(directory) === scope.config && isDependencyDirectory(nameOf(directory))) {
    return { path, kind: 'dependency', unit: name, target };
  }
  const aliased = nameOf(target);
  if (directory !== scope.config || !isUnitName(aliased)) return null;
  const unit = name === defaultTarget ? defaultTarget : instantiateLike(aliased, name);
  return { path, kind: 'alias', unit, target };
}

/** All links of these units, by their paths. The units that others depend on are told by names alone. */
export function linksIn(tree: Tree, scope: Scope, isWanted: (unit: ByteString) => boolean): Map<RootPath, Link> {
  const links = new Map<RootPath, Link>();
  function add(path: RootPath): void {
    const link = linkAt(scope, path, tree.entry(path));
    if (link !== null && isWanted(link.unit)) links.set(path, link);
  }
  for (const name of tree.names(scope.config)) {
    const path = childOf(scope.config, name);
    if (!isDependencyDirectory(name)) add(path);
    else for (const unit of tree.names(path)) if (isWanted(unit)) add(childOf(path, unit));
  }
  return links;
}
