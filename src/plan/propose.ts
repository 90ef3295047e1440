import { displayBytes } from '../domain/bytes.ts';
import type { PathFacts } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { sameEntry } from '../domain/identity.ts';
import { keepOurs, takeTheirs } from '../domain/item.ts';
import type { Verdict } from '../domain/policy.ts';
import { clashItem } from './clash-item.ts';
import { fingerprintFacts, makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';
import { absentNode, oursNode, type Proposal, theirsNode } from './proposal.ts';
import { proposeJoint } from './propose-joint.ts';
import { proposeMix } from './propose-mix.ts';

type Draft = Omit<Proposal, 'facts' | 'verdict' | 'strategy' | 'items'> & Partial<Proposal>;

/** What a path gets by itself: existence and type first, then content and attributes (design section 4). */
export function propose(facts: PathFacts, input: PlanInput): Proposal {
  const joint = input.joint.decided.get(facts.path);
  if (joint !== undefined) return proposeJoint(facts, joint, input.verdictOf(facts.path), input);
  if (facts.role === 'context') return complete(facts, null, facts.reowned === true ? reowned : context);
  const verdict = input.verdictOf(facts.path);
  if (facts.role === 'pinned') return { ...proposePinned(facts, input), facts, verdict };
  return complete(facts, verdict, proposeChange(facts, verdict, input));
}

function complete(facts: PathFacts, verdict: Verdict | null, draft: Draft): Proposal {
  return { strategy: null, items: [], ...draft, facts, verdict };
}

function proposeChange(facts: PathFacts, verdict: Verdict, input: PlanInput): Draft {
  if (verdict.verb === 'ignore') {
    return {
      node: theirsNode,
      decision: 'ignored',
      reason: verdict.rule.reason ?? 'the policy leaves it to the image',
    };
  }
  const { base, ours, theirs } = facts;
  if (ours?.type === 'socket' || ours?.type === 'whiteout') return proposeNotCarried(ours);
  if (ours === null) return proposeDeleted(facts, input);
  if (theirs === null) return base === null ? added : proposeRemovedThere(facts, verdict, input);
  if (ours.type === theirs.type && (base === null || base.type === ours.type)) {
    return proposeMix({ ...facts, ours, theirs }, verdict, input);
  }
  return proposeTypes(facts, ours, theirs, input);
}

const context: Draft = { node: theirsNode, decision: null, reason: '' };
const reowned: Draft = {
  node: theirsNode,
  decision: 'reowned',
  reason: 'its owner has another number on this machine than in the image',
};
const added: Draft = { node: oursNode, decision: 'ours', reason: 'added here' };

function proposeNotCarried(ours: Entry): Draft {
  const what = ours.type === 'socket' ? 'a socket lives as long as its process' : 'an overlay whiteout is no file';
  return { node: theirsNode, decision: 'not-carried', reason: what };
}

function proposeDeleted(facts: PathFacts, input: PlanInput): Draft {
  const { base, theirs, path } = facts;
  if (theirs === null) return { node: theirsNode, decision: 'equal', reason: 'deleted on both sides' };
  if (base !== null && sameEntry(base, theirs, facts.sameContent.baseTheirs)) {
    return { node: absentNode, decision: 'deleted', reason: 'deleted here, unchanged in the image' };
  }
  const item = makeItem(
    {
      kind: 'deleted-here',
      subject: path,
      severity: 'recommendation',
      blocks: 'nothing',
      title: `${displayBytes(path)} was deleted here and changed in the image`,
      detail: 'It stays deleted',
      resolutions: [
        { ...keepOurs, title: 'Keep it deleted' },
        { ...takeTheirs, dataLoss: 'none' },
      ],
      facts: fingerprintFacts(facts),
    },
    input,
  );
  if (item.settled?.resolution === 'theirs') return { ...byChoice, items: [item] };
  return { node: absentNode, decision: 'deleted', reason: 'deleted here, changed in the image', items: [item] };
}

const byChoice: Draft = { node: theirsNode, decision: 'theirs', reason: 'chosen' };

function proposeRemovedThere(facts: PathFacts, { verb }: Verdict, input: PlanInput): Draft {
  const { path } = facts;
  // What is pinned is kept even where it was not changed here, so there is nothing to ask.
  if (verb === 'pin') return { node: oursNode, decision: 'ours', reason: 'changed here, removed from the image' };
  const item = makeItem(
    {
      kind: 'removed-there',
      subject: path,
      severity: 'recommendation',
      blocks: 'nothing',
      title: `${displayBytes(path)} was changed here and is no longer in the image`,
      detail: 'It stays as it is here',
      resolutions: [keepOurs, { ...takeTheirs, title: 'Let it go; it stays readable in the old version' }],
      facts: fingerprintFacts(facts),
    },
    input,
  );
  if (item.settled?.resolution === 'theirs') return { ...byChoice, items: [item] };
  return { node: oursNode, decision: 'ours', reason: 'changed here, removed from the image', items: [item] };
}

/** The sides that have the path do not agree on its type: the entry comes whole from one of them. */
function proposeTypes(facts: PathFacts, ours: Entry, theirs: Entry, input: PlanInput): Draft {
  const { base, sameContent } = facts;
  if (ours.type === theirs.type && sameEntry(ours, theirs, sameContent.oursTheirs)) {
    return { node: theirsNode, decision: 'equal', reason: 'changed alike on both sides' };
  }
  const unchanged = base !== null && sameEntry(base, theirs, sameContent.baseTheirs);
  if (unchanged) return { node: oursNode, decision: 'ours', reason: 'replaced here, unchanged in the image' };
  const reason = 'another type here than in the image';
  // Where just one of them is a directory, `fitStructure` knows what else is concerned and asks.
  if ((ours.type === 'directory') !== (theirs.type === 'directory'))
    return { node: oursNode, decision: 'ours', reason };
  const item = clashItem(facts, [], input);
  if (item.settled?.resolution === 'theirs') return { ...byChoice, items: [item] };
  return { node: oursNode, decision: 'ours', reason, items: [item] };
}

function proposePinned(facts: PathFacts, input: PlanInput): Proposal {
  const { ours, theirs } = facts;
  const verdict = input.verdictOf(facts.path);
  const reason = 'pinned by the policy';
  if (ours === null || theirs === null || ours.type !== theirs.type) {
    const same = ours === null && theirs === null;
    const node = ours === null ? absentNode : oursNode;
    return complete(facts, verdict, { node, decision: same ? 'equal' : 'ours', reason });
  }
  const same = sameEntry(ours, theirs, facts.sameContent.oursTheirs);
  const draft: Draft = same
    ? { node: theirsNode, decision: 'equal', reason }
    : { node: oursNode, decision: 'ours', reason };
  return complete(facts, verdict, draft);
}
