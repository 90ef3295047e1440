import type { Item } from '../domain/item.ts';
import type { Verdict } from '../domain/policy.ts';
import { contentDraft } from '../merge/content-draft.ts';
import { defaultStrategy, strategyNamed } from '../merge/strategies.ts';
import type { MergeOutcome, Strategy } from '../merge/strategy.ts';
import { fingerprintFacts, makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';
import type { ContentProposal, MixedContent, SameType } from './proposal.ts';

/** Decides the content of a path that all sides have differently: by its strategy, else ours and an item. */
export function decideContent(facts: SameType, verdict: Verdict, input: PlanInput): ContentProposal {
  if (facts.ours.type !== 'file')
    return undecided(facts, { strategy: null, reason: 'both sides changed it', merged: null }, input);
  const strategy = strategyOf(verdict);
  const outcome = runStrategy(strategy, facts, input);
  if (outcome.kind === 'ours') return decided(strategy, 'ours', `changed on both sides; strategy ${strategy.name}`);
  if (outcome.kind === 'merged')
    return decided(strategy, contentOf(outcome.content, facts, input), "both sides' changes merged");
  return undecided(facts, { ...outcome, strategy: strategy.name }, input);
}

/** The strategy that the policy gives the path, or the default one. */
export function strategyOf(verdict: Verdict): Strategy {
  return (verdict.strategy === null ? null : strategyNamed(verdict.strategy.name)) ?? defaultStrategy;
}

function runStrategy(strategy: Strategy, facts: SameType, input: PlanInput): MergeOutcome {
  const contents = input.contents.get(facts.path);
  if (!strategy.needsContents) return strategy.decide({ base: '', ours: '', theirs: '' });
  if (contents === undefined) return { kind: 'undecided', reason: 'it is too large to merge', merged: null };
  if (contents.ours === null || contents.theirs === null) {
    return { kind: 'undecided', reason: 'it went away while it was looked at', merged: null };
  }
  if (contents.base === null && !input.hasBase) {
    return { kind: 'undecided', reason: 'without the old image it cannot be told who changed it', merged: null };
  }
  return strategy.decide({ base: contents.base, ours: contents.ours, theirs: contents.theirs });
}

/** Merged content that is one side's after all needs no blob. */
function contentOf(merged: string, { path }: SameType, input: PlanInput): MixedContent {
  const contents = input.contents.get(path);
  if (merged === contents?.theirs) return 'theirs';
  return merged === contents?.ours ? 'ours' : { merged };
}

function decided(strategy: Strategy, content: MixedContent, reason: string): ContentProposal {
  return { content, reason, strategy: strategy.name, items: [] };
}

type Undecided = { readonly strategy: string | null; readonly reason: string; readonly merged: string | null };

function undecided(facts: SameType, outcome: Undecided, input: PlanInput): ContentProposal {
  if (outcome.merged !== null && contentOf(outcome.merged, facts, input) === 'theirs') {
    const reason = 'the image has all that was changed here';
    return { content: 'theirs', reason, strategy: outcome.strategy, items: [] };
  }
  const item = contentItem(facts, outcome, input);
  const chosen = item.settled?.resolution;
  const merged = chosen === 'merged' && outcome.merged !== null ? contentOf(outcome.merged, facts, input) : null;
  const content = merged ?? (chosen === 'theirs' ? 'theirs' : 'ours');
  const reason = item.settled?.by === 'choice' ? 'chosen' : `changed on both sides, ours stays: ${outcome.reason}`;
  return { content, reason, strategy: outcome.strategy, items: [item] };
}

function contentItem(facts: SameType, outcome: Undecided, input: PlanInput): Item {
  const contents = input.contents.get(facts.path);
  const sides = contents === undefined ? null : [contents.base, contents.ours, contents.theirs];
  const digests = sides?.map((content) => (content === null ? null : input.digest(content)));
  return makeItem(contentDraft(facts.path, outcome, digests ?? fingerprintFacts(facts)), input);
}
