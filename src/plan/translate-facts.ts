import type { PathFacts, TreeFacts } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { changesNothing, type OwnerMap, type OwnerMaps, translateOwners } from '../domain/owners.ts';
import type { RootPath } from '../domain/path.ts';

/**
 * The facts with every owner in the numbers of the result, so that owners compare by name (case 47). Those of the paths
 * that theirs has under another number, and that can be changed there, are marked as `reowned`.
 */
export function translateFacts(facts: TreeFacts, owners: OwnerMaps, reowned: ReadonlySet<RootPath>): TreeFacts {
  if ([owners.base, owners.ours, owners.theirs].every(changesNothing)) return facts;
  return { ...facts, paths: facts.paths.map((path) => translatePath(path, owners, reowned)) };
}

function translatePath(facts: PathFacts, owners: OwnerMaps, reowned: ReadonlySet<RootPath>): PathFacts {
  const translated = {
    ...facts,
    base: translate(facts.base, owners.base),
    ours: translate(facts.ours, owners.ours),
    theirs: translate(facts.theirs, owners.theirs),
  };
  return reowned.has(facts.path) ? { ...translated, reowned: true } : translated;
}

function translate(entry: Entry | null, map: OwnerMap): Entry | null {
  return entry === null ? null : translateOwners(entry, map);
}
