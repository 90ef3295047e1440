import type { Boundary, Unreadable } from '../domain/change.ts';
import { changeKind, differencesOf } from '../domain/describe-change.ts';
import type { Difference } from '../domain/identity.ts';
import type { RootPath } from '../domain/path.ts';
import type { ChangeKind } from '../domain/plan.ts';
import type { Verdict } from '../domain/policy.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { System } from '../system/system.ts';
import { type FoundChange, walkChanges } from '../tree/walk-changes.ts';
import { loadPolicy, type NamedPolicy } from './load-policy.ts';
import { packagesOf } from './packages-of.ts';
import type { OnProgress } from './progress.ts';

export type LocalChange = {
  readonly path: RootPath;
  readonly change: ChangeKind;
  readonly differs: readonly Difference[];
  readonly verdict: Verdict;
};

export type LocalChanges = {
  readonly changes: readonly LocalChange[];
  readonly boundaries: readonly Boundary[];
  readonly unreadable: readonly Unreadable[];
};

type Request = {
  readonly base: string;
  readonly old: string;
  readonly policyFiles: readonly NamedPolicy[] | null;
  readonly onProgress: OnProgress;
};

/** What was changed on a machine since its image was delivered, and what the policy says of each path. */
export function listChanges(system: System, request: Request): LocalChanges {
  const base = system.openRoot(system.directory(request.base));
  const ours = system.openRoot(system.directory(request.old));
  try {
    const rules = loadPolicy({ theirs: ours, ours, policyFiles: request.policyFiles });
    const policy = compilePolicy(rules, packagesOf([ours]));
    const walk = walkChanges(base, ours, {
      isIgnored: (path) => policy.verdictOf(path).verb === 'ignore',
      isPinned: () => false,
      onProgress: (done) => request.onProgress({ phase: 'compare', done, total: null, unit: 'entries' }),
    });
    const changes = walk.changes.map((found) => describe(found, policy.verdictOf(found.path)));
    return { changes, boundaries: walk.boundaries, unreadable: walk.unreadable };
  } finally {
    base.close();
    ours.close();
  }
}

function describe({ path, base, ours, sameContent }: FoundChange, verdict: Verdict): LocalChange {
  return { path, change: changeKind(base, ours), differs: differencesOf(base, ours, sameContent), verdict };
}
