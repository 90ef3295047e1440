import type { Unreadable } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { changesNothing, type OwnerMap, ownersOf, translateOwners } from '../domain/owners.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { boundaryKind } from './boundary.ts';
import type { Trees } from './compare-trees.ts';
import { looking } from './read-failure.ts';

type Owners = { readonly users: ReadonlySet<number>; readonly groups: ReadonlySet<number> };

/** The paths that have to do with anybody but root, by tree: asked for a second time it needs no second walk. */
const othersThanRoot = new WeakMap<Files, readonly RootPath[]>();

/**
 * Every user and group that something in the tree belongs to or names in an access control list. Where the storage knows
 * `places` that are all but root's, nothing else is looked at.
 */
export function ownersIn(
  trees: Trees,
  side: keyof Trees,
  places: readonly RootPath[] | null,
  unreadable: Unreadable[],
): Owners {
  // Whatever the storage leaves out is root's.
  const users = new Set(places === null ? [] : [root]);
  const groups = new Set(places === null ? [] : [root]);
  const paths: RootPath[] = [];
  const visit = (path: RootPath, entry: Entry): void => {
    const owners = ownersOf(entry);
    for (const user of owners.users) users.add(user);
    for (const group of owners.groups) groups.add(group);
    if (!onlyRoot(owners)) paths.push(path);
  };
  if (places === null) walk({ trees, side, unreadable }, '/', visit);
  else {
    lookAtAll({ trees, side, unreadable }, places, visit);
    // The storage knows of the root alone.
    for (const part of trees[side].parts) walk({ trees, side, unreadable }, part, visit);
  }
  othersThanRoot.set(trees[side], paths);
  return { users, groups };
}

/** The paths of theirs whose owners have other numbers in the result; none of it is walked where the map changes nothing. */
export function pathsToReown(trees: Trees, map: OwnerMap, unreadable: Unreadable[]): RootPath[] {
  const paths: RootPath[] = [];
  if (changesNothing(map)) return paths;
  const add = (path: RootPath, entry: Entry): void => {
    if (translateOwners(entry, map) !== entry) paths.push(path);
  };
  const known = othersThanRoot.get(trees.theirs);
  if (known === undefined || map.users.has(root) || map.groups.has(root)) {
    walk({ trees, side: 'theirs', unreadable }, '/', add);
    return paths;
  }
  lookAtAll({ trees, side: 'theirs', unreadable }, known, add);
  return paths;
}

const root = 0;

function onlyRoot({ users, groups }: ReturnType<typeof ownersOf>): boolean {
  return users.every((user) => user === root) && groups.every((group) => group === root);
}

type Visit = (path: RootPath, entry: Entry) => void;

function lookAtAll({ trees, side, unreadable }: Walk, paths: readonly RootPath[], visit: Visit): void {
  for (const path of paths) {
    const entry = looking(path, trees, unreadable, () => trees[side].entry(path));
    if (entry !== null) visit(path, entry);
  }
}

type Walk = { readonly trees: Trees; readonly side: keyof Trees; readonly unreadable: Unreadable[] };

/** All of one tree, in the order of a walk; mounts and nested subvolumes are no part of it. */
function walk(place: Walk, path: RootPath, visit: Visit): void {
  const { trees, side, unreadable } = place;
  const found = looking(path, trees, unreadable, () => lookAt(trees[side], path));
  if (found === null) return;
  visit(path, found.entry);
  for (const name of found.names) walk(place, childOf(path, name), visit);
}

function lookAt(files: Files, path: RootPath): { entry: Entry; names: readonly string[] } | null {
  const entry = files.entry(path);
  if (entry?.type !== 'directory') return entry && { entry, names: [] };
  return boundaryKind(files, path) === null ? { entry, names: files.list(path) } : null;
}
