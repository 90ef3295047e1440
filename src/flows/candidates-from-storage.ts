import { addCandidate, type CandidateScope, type Candidates } from '../domain/candidates.ts';
import type { RootPath } from '../domain/path.ts';
import type { Policy } from '../policy/compile.ts';
import type { ChangedTree, ChangeSource } from '../storage/change-source.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** Where ours may differ, or be pinned, as the storage knows it; null where everything has to be compared. */
export function candidatesFromStorage(
  system: System,
  sources: readonly ChangeSource[],
  tree: ChangedTree,
  policy: Policy,
): Candidates | null {
  for (const source of sources) {
    const found = source.candidatesOf(tree, system);
    if (found !== null) return withParts(withPins(found, policy), tree);
  }
  return null;
}

/** The storage knows of the root alone: what belongs to ours from elsewhere is compared whole. */
function withParts(candidates: Map<RootPath, CandidateScope>, { ours }: ChangedTree): Candidates {
  for (const part of ours.parts) addCandidate(candidates, part, 'tree');
  return candidates;
}

/** Where somebody but root may own something in a tree, as the storage knows it; null where all of it has to be looked at. */
export function placesOfOthers(
  system: System,
  sources: readonly ChangeSource[],
  files: Files,
): readonly RootPath[] | null {
  for (const source of sources) {
    const places = source.placesOfOthers(files, system);
    if (places !== null) return places;
  }
  return null;
}

/** What is pinned counts although it does not differ (case 4), so it has to be looked at. */
function withPins(found: Candidates, policy: Policy): Map<RootPath, CandidateScope> {
  const candidates = new Map<RootPath, CandidateScope>(found);
  for (const { paths, within } of policy.pins()) {
    if (paths === null) addCandidate(candidates, within, 'tree');
    else for (const path of paths) addCandidate(candidates, path, 'entry');
  }
  return candidates;
}
