import type { PathFacts, TreeFacts } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { changesNothing, type OwnerMap, type OwnerMaps, translateOwners } from '../domain/owners.ts';

/**
 * The facts with every owner in the numbers of the result, so that owners compare by name (case 47). A path of theirs
 * that has another number on the disk is marked as `reowned`.
 */
export function translateFacts(facts: TreeFacts, owners: OwnerMaps): TreeFacts {
  if ([owners.base, owners.ours, owners.theirs].every(changesNothing)) return facts;
  return { ...facts, paths: facts.paths.map((path) => translatePath(path, owners)) };
}

function translatePath(facts: PathFacts, owners: OwnerMaps): PathFacts {
  const theirs = translate(facts.theirs, owners.theirs);
  const translated = {
    ...facts,
    base: translate(facts.base, owners.base),
    ours: translate(facts.ours, owners.ours),
    theirs,
  };
  return theirs === facts.theirs ? translated : { ...translated, reowned: true };
}

function translate(entry: Entry | null, map: OwnerMap): Entry | null {
  return entry === null ? null : translateOwners(entry, map);
}
