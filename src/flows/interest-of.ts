import type { RootPath } from '../domain/path.ts';
import type { Policy } from '../policy/compile.ts';
import type { Interest } from '../tree/walk-changes.ts';
import type { OnProgress } from './progress.ts';

/** What a comparison asks the policy, and whom it tells how far it is. */
export function interestOf(policy: Policy, onProgress: OnProgress): Interest {
  return {
    isIgnored: ignoredBy(policy),
    isPinned: policy.hasPins ? (path) => policy.verdictOf(path).verb === 'pin' : () => false,
    onProgress: (done) => onProgress({ phase: 'compare', done, total: null, unit: 'entries' }),
  };
}

/** Whether the policy leaves a path to the image. */
export function ignoredBy({ verdictOf }: Policy): (path: RootPath) => boolean {
  return (path) => verdictOf(path).verb === 'ignore';
}
