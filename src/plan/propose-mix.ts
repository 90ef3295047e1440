import { displayBytes } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import { identifyingXattrs, sameInlineContent } from '../domain/identity.ts';
import { type Item, keepOurs, takeTheirs } from '../domain/item.ts';
import type { Verdict } from '../domain/policy.ts';
import { attributesOf, type MergedAttributes, mergeAttributes, type TimelessAttributes } from '../merge/attributes.ts';
import { decideContent } from './decide-content.ts';
import { makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';
import { type ContentProposal, type Proposal, type SameType, theirsNode } from './proposal.ts';

type Mix = Pick<Proposal, 'node' | 'decision' | 'reason' | 'strategy' | 'items'>;

/** Content and attributes decided separately, each by the three-way table. */
export function proposeMix(facts: SameType, verdict: Verdict, input: PlanInput): Mix {
  const content = proposeContent(facts, verdict, input);
  const { attributes, items } = mergedAttributes(facts, input);
  const outcome = describe(facts, content, attributes);
  return { ...outcome, strategy: content.strategy, items: [...content.items, ...items] };
}

/** The attributes of a path that ours and theirs have, and what a person should know of them. */
export function mergedAttributes(
  facts: SameType,
  input: PlanInput,
): { readonly attributes: TimelessAttributes; readonly items: readonly Item[] } {
  const merged = mergeAttributes(facts.base, facts.ours, facts.theirs);
  if (merged.conflicts.length === 0) return { attributes: merged.attributes, items: [] };
  const item = attributeItem(facts, merged, input);
  const chosen = item.settled?.resolution === 'theirs' ? 'theirs' : 'ours';
  return { attributes: mergeAttributes(facts.base, facts.ours, facts.theirs, chosen).attributes, items: [item] };
}

function proposeContent(facts: SameType, verdict: Verdict, input: PlanInput): ContentProposal {
  const sides = sidesThatAgree(facts);
  if (sides === 'none') return decideContent(facts, verdict, input);
  const reasons = {
    'base-ours': 'content not changed here',
    'base-theirs': 'changed here, unchanged in the image',
    'ours-theirs': 'changed alike on both sides',
  };
  const content = sides === 'base-theirs' ? 'ours' : 'theirs';
  return { content, reason: reasons[sides], strategy: null, items: [] };
}

function sidesThatAgree({
  base,
  ours,
  theirs,
  sameContent,
}: SameType): 'base-ours' | 'base-theirs' | 'ours-theirs' | 'none' {
  const isFile = ours.type === 'file';
  const same = (a: Entry, b: Entry, content: boolean): boolean => (isFile ? content : sameInlineContent(a, b));
  if (base !== null && same(base, ours, sameContent.baseOurs)) return 'base-ours';
  if (same(ours, theirs, sameContent.oursTheirs)) return 'ours-theirs';
  if (base !== null && same(base, theirs, sameContent.baseTheirs)) return 'base-theirs';
  return 'none';
}

function describe(
  facts: SameType,
  { content, reason }: ContentProposal,
  attributes: TimelessAttributes,
): Pick<Mix, 'node' | 'decision' | 'reason'> {
  const likeOurs = sameValues(attributes, attributesOf(facts.ours));
  const likeTheirs = sameValues(attributes, attributesOf(facts.theirs));
  if (content === 'theirs' && likeTheirs) {
    const decision = reason === 'chosen' ? 'theirs' : 'equal';
    return { node: theirsNode, decision, reason: decision === 'theirs' ? reason : 'changed alike on both sides' };
  }
  const node = { kind: 'mixed' as const, content, attributes };
  const ownContent = content === 'ours' || facts.sameContent.oursTheirs || !hasContent(facts.ours);
  if (ownContent && likeOurs) return { node, decision: 'ours', reason: describeOurs(facts, reason) };
  return { node, decision: 'merged', reason: likeTheirs ? reason : `${reason}; attributes of both sides` };
}

function describeOurs(facts: SameType, reason: string): string {
  return hasContent(facts.ours) && reason !== 'content not changed here' ? reason : 'attributes changed here';
}

function hasContent(entry: Entry): boolean {
  return entry.type !== 'directory' && entry.type !== 'fifo';
}

/** Whether the attributes that count are alike: a label is no change (case 42). */
export function sameValues(a: TimelessAttributes, b: TimelessAttributes): boolean {
  return JSON.stringify(comparable(a)) === JSON.stringify(comparable(b));
}

function comparable(attributes: TimelessAttributes): TimelessAttributes {
  return { ...attributes, xattrs: identifyingXattrs(attributes.xattrs) };
}

function attributeItem(facts: SameType, { conflicts, disputed }: MergedAttributes, input: PlanInput): Item {
  const path = displayBytes(facts.path);
  return makeItem(
    {
      kind: 'attributes',
      subject: facts.path,
      severity: 'warning',
      blocks: 'nothing',
      title: `${path}: ${conflicts.map(displayBytes).join(', ')} changed differently here and in the image`,
      detail: "This machine's stay in force",
      resolutions: [keepOurs, takeTheirs],
      facts: [conflicts, disputed],
    },
    input,
  );
}
