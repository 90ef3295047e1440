import type { ByteString } from '../domain/bytes.ts';
import type { TreeFacts } from '../domain/change.ts';
import type { Choices } from '../domain/choices.ts';
import type { Item } from '../domain/item.ts';
import { noOwnerMaps, type OwnerMaps } from '../domain/owners.ts';
import type { RootPath } from '../domain/path.ts';
import type { Verdict } from '../domain/policy.ts';
import { jointStrategies } from '../merge/joint-strategies.ts';
import type { JointDecision, JointStrategy } from '../merge/joint-strategy.ts';
import { makeItem } from './make-item.ts';
import { type Known, type Need, viewOf } from './needs.ts';

/** What strategies that decide several paths as one made of them. */
export type Joint = {
  readonly decided: ReadonlyMap<RootPath, JointDecision & { readonly strategy: string }>;
  readonly items: readonly Item[];
  readonly owners: OwnerMaps;
};

/** What joint deciding depends on. */
export type JointQuestion = {
  readonly facts: TreeFacts;
  readonly verdictOf: (path: RootPath) => Verdict;
  readonly choices: Choices;
  readonly digest: (bytes: ByteString) => string;
  readonly known: Known;
};

/**
 * Asks every joint strategy. Where `needs` is not empty the outcome is provisional: read them, add them to `known` and ask
 * again. Where two strategies decide one path the first has its way.
 */
export function decideJointly(
  question: JointQuestion,
  strategies: readonly JointStrategy[] = jointStrategies,
): { readonly joint: Joint; readonly needs: readonly Need[] } {
  const { view, needs } = viewOf(question.known);
  const decided = new Map<RootPath, JointDecision & { strategy: string }>();
  const items: Item[] = [];
  let owners: OwnerMaps = noOwnerMaps;
  for (const { name, decide } of strategies) {
    const outcome = decide({
      facts: question.facts.paths,
      view,
      verdictOf: question.verdictOf,
      settle: (draft) => makeItem(draft, question),
    });
    for (const [path, decision] of outcome.decided) {
      if (!decided.has(path)) decided.set(path, { strategy: name, ...decision });
    }
    items.push(...outcome.items);
    owners = outcome.owners ?? owners;
  }
  return { joint: { decided, items, owners }, needs: [...needs.values()] };
}
