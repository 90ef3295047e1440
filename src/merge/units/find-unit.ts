import type { ByteString } from '../../domain/bytes.ts';
import { childOf, nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import { isMask } from './links.ts';
import { plainPath, type Scope, unitDirectories } from './scope.ts';
import type { Tree } from './tree.ts';
import { instantiateLike, templateOf } from './unit-name.ts';

/** A unit with the file that describes it; the name is the one behind all aliases, with the instance. */
export type UnitFile = { readonly name: ByteString; readonly path: RootPath };

/** As many links from name to name as systemd follows. */
const aliasLimit = 8;

/**
 * The unit of that name, aliases followed; null where no directory of unit files has it. Masks in /etc are overlooked: they
 * hide the file, but leave the unit what it is.
 */
export function findUnit(tree: Tree, scope: Scope, name: ByteString, depth = 0): UnitFile | null {
  if (depth > aliasLimit) return null;
  const template = templateOf(name);
  for (const candidate of template === null ? [name] : [name, template]) {
    for (const directory of unitDirectories(tree, scope)) {
      const found = unitAt(tree, scope, { name, path: childOf(directory, candidate) }, depth);
      if (found !== null) return found;
    }
  }
  return null;
}

function unitAt(tree: Tree, scope: Scope, { name, path }: UnitFile, depth: number): UnitFile | null {
  if (!tree.has(parentOf(path), nameOf(path))) return null;
  const entry = tree.entry(path);
  if (entry === null || isMask(entry)) return null;
  if (entry.type === 'file') return { name, path };
  if (entry.type !== 'symlink' || entry.target === undefined) return null;
  const aliased = nameOf(entry.target);
  if (aliased !== nameOf(path)) return findUnit(tree, scope, instantiateLike(aliased, name), depth + 1);
  // The link that `systemctl link` makes to a file outside of all directories of unit files.
  const linked = resolveTarget(tree, path, entry.target);
  return tree.entry(linked)?.type === 'file' ? { name, path: linked } : null;
}

/** The path that a link's target names, itself not followed. */
export function resolveTarget(tree: Tree, link: RootPath, target: ByteString): RootPath {
  const parts: ByteString[] = target.startsWith('/') ? [] : parentOf(link).split('/').slice(1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return plainPath(tree, `/${parts.join('/')}`);
}

/** The names of all units that the image ships, templates and aliases included. */
export function shippedNames(tree: Tree, scope: Scope): readonly ByteString[] {
  const directories = unitDirectories(tree, scope).filter((directory) => directory !== scope.config);
  return [...new Set(directories.flatMap((directory) => tree.names(directory)))].sort();
}
