import { type ByteString, bytesOfText, displayBytes } from '../domain/bytes.ts';
import { changeKind, differencesOf } from '../domain/describe-change.ts';
import type { Item } from '../domain/item.ts';
import type { Action, Decision, Plan, Summary } from '../domain/plan.ts';
import { bytesOf, planSchema } from '../domain/plan.ts';
import { sealPlan } from '../domain/plan-json.ts';
import type { Rule } from '../domain/policy.ts';
import { emitActions } from './emit-actions.ts';
import { fitStructure } from './fit-structure.ts';
import { yieldToImmovable } from './immovable.ts';
import type { PlanInput } from './plan-input.ts';
import type { Proposal } from './proposal.ts';
import { propose } from './propose.ts';
import { wholeTreeItems } from './whole-tree-items.ts';
import { yieldToObstacles } from './yield-to-obstacles.ts';

/** A plan and the merged contents it names by SHA-256. */
export type Planned = { readonly plan: Plan; readonly blobs: ReadonlyMap<string, ByteString> };

/** Decides every changed path of one root. Pure: equal inputs give equal plans. */
export function makePlan(input: PlanInput): Planned {
  const proposals = input.facts.paths.map((facts) => propose(facts, input));
  const tree = yieldToObstacles(fitStructure(yieldToImmovable(proposals, input), input), input);
  const { actions, blobs } = emitActions(tree, input.root.id, input.digest);
  const decisions = tree.flatMap((proposal) => decisionOf(proposal, input.root.id));
  const items = [
    ...input.raised,
    ...tree.flatMap((proposal) => proposal.items),
    ...input.joint.items,
    ...wholeTreeItems(actions, tree, input),
  ];
  const summary = summarize(decisions, items, actions);
  const plan = sealPlan({ schema: planSchema, roots: [input.root], decisions, actions, items, summary }, (text) =>
    input.digest(bytesOfText(text)),
  );
  return { plan, blobs };
}

function decisionOf({ facts, decision, strategy, verdict, reason }: Proposal, root: string): Decision[] {
  if (decision === null) return [];
  const { path, base, ours, role, sameContent } = facts;
  const change = role === 'changed' ? changeKind(base, ours) : 'none';
  const differs = differencesOf(base, ours, sameContent.baseOurs);
  return [
    { root, path, change, differs, decision, strategy, rule: verdict === null ? null : ruleOf(verdict.rule), reason },
  ];
}

function ruleOf({ verb, pattern, source }: Rule): Decision['rule'] {
  return { text: `${verb} ${displayBytes(pattern)}`, source };
}

/** How many there are of each kind, and what is written. */
export function summarize(decisions: readonly Decision[], items: readonly Item[], actions: readonly Action[]): Summary {
  return {
    decisions: countBy(decisions.map(({ decision }) => decision)),
    items: countBy(items.map(({ severity }) => severity)),
    bytes: actions.reduce((bytes, action) => bytes + (action.kind === 'file' ? bytesOf(action.content) : 0), 0),
    actions: actions.length,
  };
}

function countBy<Name extends string>(names: readonly Name[]): Partial<Record<Name, number>> {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
