import type { Candidates } from '../domain/candidates.ts';
import type { Files } from '../system/files.ts';
import { walkCandidates } from './walk-candidates.ts';
import { type Interest, type Walk, walkChanges } from './walk-changes.ts';

/** The trees that a search for changes concerns; `others` are roots too, and are not entered where they lie inside. */
type Compared = { readonly base: Files; readonly ours: Files; readonly others: readonly Files[] };

/** Every path at which ours differs from base: among the candidates where there are some, else in the whole tree. */
export function findChanges({ base, ours, others }: Compared, interest: Interest, candidates: Candidates | null): Walk {
  if (candidates === null) return walkChanges(base, ours, interest, others);
  return walkCandidates(base, ours, candidates, interest, others);
}
