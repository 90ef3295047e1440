import type { PathFacts } from '../domain/change.ts';
import type { Entry, Timestamp } from '../domain/entry.ts';
import { sameEntry } from '../domain/identity.ts';
import type { RootPath } from '../domain/path.ts';
import { type Attributes, sizesOf } from '../domain/plan.ts';
import type { Verdict } from '../domain/policy.ts';
import { attributesOf, type TimelessAttributes } from '../merge/attributes.ts';
import type { JointDecision } from '../merge/joint-strategy.ts';
import { needKey } from './needs.ts';
import type { PlanInput } from './plan-input.ts';
import { absentNode, type Node, oursNode, type Placed, type Proposal, type SameType, theirsNode } from './proposal.ts';
import { mergedAttributes, sameValues } from './propose-mix.ts';

type Decided = JointDecision & { readonly strategy: string };
type Draft = Pick<Proposal, 'node' | 'decision' | 'items'> & Partial<Pick<Proposal, 'reason'>>;

/** What a path gets that a joint strategy has decided. Its attributes are merged like those of every other path. */
export function proposeJoint(facts: PathFacts, decided: Decided, verdict: Verdict, input: PlanInput): Proposal {
  const { reason, strategy } = decided;
  const known = 'like' in decided ? underOtherName(facts, decided.like, input) : facts;
  return { facts: known, verdict, reason, strategy, ...draftOf(known, decided, input) };
}

/** What base and ours have under the other name, and theirs under this one. */
function underOtherName(facts: PathFacts, like: RootPath | undefined, input: PlanInput): PathFacts {
  const source = like === undefined ? undefined : input.facts.paths.find(({ path }) => path === like);
  if (source === undefined) return facts;
  const { base, ours, sameContent } = source;
  return { ...facts, base, ours, sameContent: { ...sameContent, baseTheirs: false, oursTheirs: false } };
}

function draftOf(facts: PathFacts, decided: Decided, input: PlanInput): Draft {
  switch (decided.node) {
    case 'absent':
      return { node: facts.theirs === null ? theirsNode : absentNode, decision: absence(facts), items: [] };
    case 'theirs':
      return { node: theirsNode, decision: isEqual(facts) ? 'equal' : 'theirs', items: [] };
    case 'ours':
      return isEqual(facts) ? likeTheirs : { node: oursNode, decision: 'ours', items: [] };
    case 'ours-from':
      return proposeMoved(decided.from, input);
    case 'directory':
      return proposeDirectory(facts, input);
    case 'symlink':
      return proposeLink(facts, decided.target, input);
    case 'content':
      return proposeContent(facts, decided.content, input);
  }
}

const likeTheirs: Draft = { node: theirsNode, decision: 'equal', items: [] };

function absence({ ours, theirs }: PathFacts): Proposal['decision'] {
  if (ours !== null) return 'not-carried';
  return theirs === null ? 'equal' : 'deleted';
}

function isEqual({ ours, theirs, sameContent }: PathFacts): boolean {
  if (ours === null || theirs === null) return ours === theirs;
  return sameEntry(ours, theirs, sameContent.oursTheirs);
}

/** On a live tree, between the look of the strategy and that of the facts (case 8). */
const wentAway: Draft = {
  node: theirsNode,
  decision: 'not-carried',
  reason: 'it went away while it was looked at',
  items: [],
};

function proposeMoved(from: PathFacts['path'], { facts }: PlanInput): Draft {
  const source = facts.paths.find(({ path }) => path === from)?.ours;
  if (source?.type !== 'file') return wentAway;
  const content = { at: from, ...sizesOf(source) };
  return { node: placed({ type: 'file', content }, withTime(source, source.mtime)), decision: 'ours', items: [] };
}

function proposeDirectory(facts: PathFacts, input: PlanInput): Draft {
  const { ours, theirs } = facts;
  if (ours?.type !== 'directory' || theirs?.type !== 'directory') {
    return { node: oursNode, decision: 'ours', items: [] };
  }
  const { attributes, items } = mergedAttributes(sameTypeOf(facts, ours, theirs), input);
  const decision = decisionOn('theirs', attributes, { ours, theirs });
  return {
    node: decision === 'merged' ? { kind: 'mixed', content: 'theirs', attributes } : theirsNode,
    decision,
    items,
  };
}

function proposeLink(facts: PathFacts, target: string, input: PlanInput): Draft {
  const { ours, theirs } = facts;
  if (theirs?.type === 'symlink' && theirs.target === target) return { ...likeTheirs, decision: decisionLike(facts) };
  if (ours?.type === 'symlink' && ours.target === target) return { node: oursNode, decision: 'ours', items: [] };
  const model = [ours, theirs].find((entry) => entry?.type === 'symlink');
  const attributes = model == null ? newAttributes(0o777, input) : withTime(model, model.mtime);
  return { node: placed({ type: 'symlink', target }, attributes), decision: 'merged', items: [] };
}

function decisionLike({ ours, theirs }: PathFacts): Proposal['decision'] {
  return ours?.type === 'symlink' && ours.target === theirs?.target ? 'equal' : 'theirs';
}

function proposeContent(facts: PathFacts, content: string, input: PlanInput): Draft {
  const { ours, theirs } = facts;
  const from = sideWith(content, facts.path, input) ?? { merged: content };
  if (ours?.type === 'file' && theirs?.type === 'file') {
    const { attributes, items } = mergedAttributes(sameTypeOf(facts, ours, theirs), input);
    const decision = decisionOn(from, attributes, { ours, theirs });
    const node: Node =
      decision === 'equal' || decision === 'theirs' ? theirsNode : { kind: 'mixed', content: from, attributes };
    return { node, decision, items };
  }
  if (ours?.type === 'file' && from === 'ours') return { node: oursNode, decision: 'ours', items: [] };
  if (theirs?.type === 'file' && from === 'theirs') return { node: theirsNode, decision: 'theirs', items: [] };
  const model = [ours, theirs].find((entry) => entry?.type === 'file');
  const attributes = model == null ? newAttributes(0o644, input) : withTime(model, model.mtime);
  return { node: placed({ type: 'file', content }, attributes), decision: 'merged', items: [] };
}

function sideWith(content: string, path: PathFacts['path'], { known }: PlanInput): 'ours' | 'theirs' | null {
  const has = (side: 'ours' | 'theirs'): boolean =>
    known.contents.get(needKey({ kind: 'content', side, path })) === content;
  if (has('theirs')) return 'theirs';
  return has('ours') ? 'ours' : null;
}

/** A base of another type has no say in the attributes. */
function sameTypeOf(facts: PathFacts, ours: Entry, theirs: Entry): SameType {
  return { ...facts, base: facts.base?.type === ours.type ? facts.base : null, ours, theirs };
}

function decisionOn(
  from: 'ours' | 'theirs' | object,
  attributes: TimelessAttributes,
  { ours, theirs }: { readonly ours: Entry; readonly theirs: Entry },
): 'ours' | 'theirs' | 'equal' | 'merged' {
  const like = (entry: Entry): boolean => sameValues(attributes, attributesOf(entry));
  if (from === 'theirs' && like(theirs)) return like(ours) ? 'equal' : 'theirs';
  return from === 'ours' && like(ours) ? 'ours' : 'merged';
}

function placed(what: Placed, attributes: Attributes): Node {
  return { kind: 'placed', what, attributes };
}

function withTime(entry: Entry, mtime: Timestamp): Attributes {
  return { ...attributesOf(entry), mtime };
}

/** For what no side has: root's, with the time of the image's root, as there is no clock to ask. */
export function newAttributes(mode: number, { facts }: PlanInput): Attributes {
  const mtime = facts.paths.find(({ path }) => path === '/')?.theirs?.mtime ?? { seconds: 0, nanoseconds: 0 };
  return { mode, uid: 0, gid: 0, xattrs: [], flags: 0, mtime };
}
