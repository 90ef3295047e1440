import type { Boundary, Unreadable } from '../domain/change.ts';
import { changeKind, differencesOf } from '../domain/describe-change.ts';
import type { Difference } from '../domain/identity.ts';
import type { RootPath } from '../domain/path.ts';
import type { ChangeKind } from '../domain/plan.ts';
import type { Verdict } from '../domain/policy.ts';
import { compilePolicy } from '../policy/compile.ts';
import type { ChangeSource } from '../storage/change-source.ts';
import type { System } from '../system/system.ts';
import { emptyTree } from '../tree/computed-files.ts';
import { findChanges } from '../tree/find-changes.ts';
import type { FoundChange } from '../tree/walk-changes.ts';
import { candidatesFromStorage } from './candidates-from-storage.ts';
import { interestOf } from './interest-of.ts';
import { loadPolicy, type NamedPolicy } from './load-policy.ts';
import { standInForBase } from './missing-base.ts';
import { databasesOf, packagesIn } from './packages-of.ts';
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
  /** Null where the old image is not there: package checksums tell what was changed (case 66). */
  readonly base: string | null;
  readonly old: string;
  readonly policyFiles: readonly NamedPolicy[] | null;
  /** Neither extended attributes nor ACLs and capabilities are compared. */
  readonly withoutXattrs?: boolean;
  /** The kinds of storage that may know what was changed; without them everything is compared. */
  readonly changeSources?: readonly ChangeSource[];
  readonly onProgress: OnProgress;
};

/** What was changed on a machine since its image was delivered, and what the policy says of each path. */
export function listChanges(system: System, request: Request): LocalChanges {
  const { withoutXattrs = false } = request;
  const opened = request.base === null ? null : system.openRoot(system.directory(request.base), { withoutXattrs });
  const ours = system.openRoot(system.directory(request.old), { withoutXattrs });
  try {
    const rules = loadPolicy({ theirs: ours, ours, policyFiles: request.policyFiles });
    const databases = databasesOf(ours, system);
    const policy = compilePolicy(rules, packagesIn(databases));
    // What is only pinned was not changed.
    const interest = { ...interestOf(policy, request.onProgress), isPinned: () => false };
    const base = opened ?? standInForBase({ ours, theirs: emptyTree }, databases, interest.isIgnored).base;
    const sources = opened === null ? [] : (request.changeSources ?? []);
    const candidates = candidatesFromStorage(system, sources, { base, ours, others: [] }, policy);
    const { changes, boundaries, unreadable } = findChanges({ base, ours, others: [] }, interest, candidates);
    return { changes: changes.map((found) => describe(found, policy.verdictOf(found.path))), boundaries, unreadable };
  } finally {
    opened?.close();
    ours.close();
  }
}

function describe({ path, base, ours, sameContent }: FoundChange, verdict: Verdict): LocalChange {
  return { path, change: changeKind(base, ours), differs: differencesOf(base, ours, sameContent), verdict };
}
