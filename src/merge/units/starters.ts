import { displayBytes } from '../../domain/bytes.ts';
import { childOf, nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Context } from './context.ts';
import type { UnitFile } from './find-unit.ts';
import { isDependencyDirectory } from './links.ts';
import { type Scope, unitDirectories } from './scope.ts';
import type { Tree } from './tree.ts';
import type { Wanted } from './wanted.ts';

/** Names the links among the image's unit files that start a unit disabled here: no disabling takes those away. */
export function tellOfStarters(context: Context, { name }: UnitFile, wanted: Wanted): void {
  const { scope, base, theirs, result } = context;
  const before = new Set(startersIn(base, scope, name).map(folderOf));
  // A link to /dev/null by the same path in /etc takes one away.
  const isFree = (path: RootPath): boolean =>
    result.entry(childOf(childOf(scope.config, folderOf(path)), name)) === null;
  const fresh = startersIn(theirs, scope, name).filter((path) => !before.has(folderOf(path)) && isFree(path));
  if (fresh.length === 0) return;
  wanted.items.push({
    kind: 'unit-started',
    subject: childOf(scope.config, name),
    paths: fresh,
    severity: 'warning',
    blocks: 'nothing',
    title: `${displayBytes(name)} was disabled here, and the image starts it by itself`,
    detail: `It does so by ${fresh.map(displayBytes).join(', ')}; only "systemctl mask ${displayBytes(name)}" keeps it from starting`,
    resolutions: [],
    facts: fresh,
  });
}

/** Links of dependencies that the image ships beside its unit files. */
function startersIn(tree: Tree, scope: Scope, name: string): RootPath[] {
  const shipped = unitDirectories(tree, scope).filter((directory) => directory !== scope.config);
  return shipped.flatMap((directory) => {
    const folders = tree.names(directory).filter(isDependencyDirectory);
    const holding = folders.map((folder) => childOf(directory, folder)).filter((folder) => tree.has(folder, name));
    return holding.map((folder) => childOf(folder, name));
  });
}

/** The directory of dependencies, by its own name: which of the places has it makes no difference. */
function folderOf(link: RootPath): string {
  return nameOf(parentOf(link));
}
