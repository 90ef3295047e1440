import type { RootPath } from './path.ts';

/**
 * In what a path may differ, the least first: `attributes` where the content is known to be equal, `entry` in anything,
 * `tree` with everything below it.
 */
export type CandidateScope = 'attributes' | 'entry' | 'tree';

/**
 * The paths at which ours may differ from base, and all at which it does. A directory stands for itself alone, unless
 * its scope is `tree`: what differs in it is a candidate of its own.
 */
export type Candidates = ReadonlyMap<RootPath, CandidateScope>;

const scopes: readonly CandidateScope[] = ['attributes', 'entry', 'tree'];

/** Adds a candidate; of two scopes the wider one counts. */
export function addCandidate(candidates: Map<RootPath, CandidateScope>, path: RootPath, scope: CandidateScope): void {
  const known = candidates.get(path);
  if (known === undefined || scopes.indexOf(known) < scopes.indexOf(scope)) candidates.set(path, scope);
}
