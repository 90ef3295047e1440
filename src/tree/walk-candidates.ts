import { addCandidate, type CandidateScope, type Candidates } from '../domain/candidates.ts';
import { childOf, comparePaths, nameOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import {
  finishing,
  type Interest,
  insideOf,
  type Look,
  startWalk,
  visit,
  visitAll,
  type Walk,
  type Walker,
} from './walk-changes.ts';

/** The candidates as a tree of names: what has no scope stands above one that has. */
type Branch = { scope: CandidateScope | null; readonly names: Map<string, Branch> };

/**
 * The same as `walkChanges`, where only the candidates may differ; of what is above them nothing is looked at. They must
 * hold every place where another filesystem, or another root, begins in either tree.
 */
export function walkCandidates(
  base: Files,
  ours: Files,
  candidates: Candidates,
  interest: Interest,
  others: readonly Files[] = [],
): Walk {
  const walker = startWalk(base, ours, interest, others);
  const all = new Map(candidates);
  // An empty one is named whether or not anything was changed there.
  for (const path of walker.declared) addCandidate(all, path, 'entry');
  return finishing(walker, () => walkBranch(walker, '/', branchesOf(all)));
}

function walkBranch(walker: Walker, path: RootPath, branch: Branch): void {
  if (branch.scope === 'tree') visitAll(walker, path);
  else if (branch.scope === null) walkNames(walker, path, branch);
  else {
    const look = visit(walker, path, { contentIsEqual: branch.scope === 'attributes', inside: true });
    if (look === null) return;
    if (isComparedByName(look)) walkNames(walker, path, branch);
    else
      for (const name of [...look.baseNames, ...look.oursNames]) visitAll(insideOf(walker, look), childOf(path, name));
  }
}

function walkNames(walker: Walker, path: RootPath, { names }: Branch): void {
  for (const [name, branch] of names) walkBranch(walker, childOf(path, name), branch);
}

/** Two directories of which both are known inside; else there is one side's content to see, or none. */
function isComparedByName({ base, ours, boundaries }: Look): boolean {
  return base?.type === 'directory' && ours?.type === 'directory' && boundaries.length === 0;
}

function branchesOf(candidates: Candidates): Branch {
  const root: Branch = { scope: candidates.get('/') ?? null, names: new Map() };
  const branches = new Map<RootPath, Branch>([['/', root]]);
  // In the order of a walk, so that what is found is too.
  for (const path of [...candidates.keys()].sort(comparePaths)) branchAt(path).scope = candidates.get(path) ?? null;
  return root;

  function branchAt(path: RootPath): Branch {
    const known = branches.get(path);
    if (known !== undefined) return known;
    const branch: Branch = { scope: null, names: new Map() };
    branchAt(parentOf(path)).names.set(nameOf(path), branch);
    branches.set(path, branch);
    return branch;
  }
}
