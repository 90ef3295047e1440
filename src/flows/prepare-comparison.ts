import type { Choices } from '../domain/choices.ts';
import type { Item, ItemDraft } from '../domain/item.ts';
import { makeItem } from '../plan/make-item.ts';
import type { Policy } from '../policy/compile.ts';
import type { System } from '../system/system.ts';
import type { Trees } from '../tree/compare-trees.ts';
import { ignoredBy } from './interest-of.ts';
import { type Databases, migrationPolicy, type PolicySources } from './migration-policy.ts';
import { noBaseDraft, standInForBase } from './missing-base.ts';
import { databasesOf } from './packages-of.ts';

/** What comparing the trees of a migration takes. */
export type Prepared = {
  /** With a base in any case. */
  readonly trees: Trees;
  readonly hasBase: boolean;
  /** What base is, for a person. */
  readonly baseName: string;
  readonly databases: Databases;
  readonly policy: Policy;
  /** What a person should know of what all rests on. */
  readonly items: readonly Item[];
};

type Request = PolicySources & { readonly base: string | null; readonly choices: Choices };

/** Finds the policy and what the packages say, and puts something in the place of a base that is not there (case 66). */
export function prepareComparison(system: System, trees: Trees, request: Request): Prepared {
  const { base: baseName, choices, policyFiles, reset } = request;
  const hasBase = baseName !== null;
  const databases: Databases = {
    base: hasBase ? databasesOf(trees.base, system) : [],
    ours: databasesOf(trees.ours, system),
    theirs: databasesOf(trees.theirs, system),
  };
  const complete = (draft: ItemDraft): Item => makeItem(draft, { choices, digest: system.digest });
  const { policy, items } = migrationPolicy(trees, databases, { policyFiles, reset, hasBase, complete });
  if (hasBase) return { trees, hasBase, baseName, databases, policy, items };
  const { base, name } = standInForBase(trees, databases.ours, ignoredBy(policy));
  const raised = [complete(noBaseDraft(name)), ...items];
  return { trees: { ...trees, base }, hasBase, baseName: name, databases, policy, items: raised };
}
