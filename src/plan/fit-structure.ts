import { displayBytes } from '../domain/bytes.ts';
import { sameEntry } from '../domain/identity.ts';
import { isBelow, parentOf, type RootPath } from '../domain/path.ts';
import { clashItem, nameOfType } from './clash-item.ts';
import { immovablePaths } from './immovable.ts';
import { fingerprintFacts, makeItem } from './make-item.ts';
import type { PlanInput } from './plan-input.ts';
import { absentNode, isDirectory, isPresent, type Node, oursNode, type Proposal, theirsNode } from './proposal.ts';
import { newAttributes } from './propose-joint.ts';

/**
 * Fits the proposals of single paths into one tree: what lies under something of ours that is no directory gives way, a
 * directory stays or arrives where something below it does, and where a directory of ours with changes in it meets
 * something else of the image's, it comes whole. Proposals in the order of a walk; returned in the same order.
 */
export function fitStructure(proposals: readonly Proposal[], input: PlanInput): Proposal[] {
  const tree = [...proposals];
  for (let index = 0; index < tree.length; index++) hideBelow(tree, index, input);
  const needed = new Set<RootPath>(immovablePaths(input).map(parentOf));
  for (let index = tree.length - 1; index >= 0; index--) {
    const proposal = tree[index];
    if (proposal === undefined) continue;
    const fitted = fitDirectory(tree, index, proposal, needed, input);
    tree[index] = fitted;
    if (isPresent(fitted)) needed.add(parentOf(fitted.facts.path));
  }
  return tree;
}

/** Ours stands, and is no directory, where theirs has one: all that theirs has in it gives way (cases 10 to 13). */
function hideBelow(tree: Proposal[], index: number, input: PlanInput): void {
  const top = tree[index];
  if (top === undefined || top.facts.theirs?.type !== 'directory') return;
  if (!isPresent(top) || isDirectory(top)) return;
  const below = indexesBelow(tree, index);
  const { base, theirs } = top.facts;
  const arriving = below.filter((at) => isNewThere(tree[at]));
  const changed = base === null || !sameEntry(base, theirs, false);
  const item = arriving.length === 0 && !changed ? null : clashItem(top.facts, pathsAt(tree, arriving), input);
  if (item?.settled?.resolution === 'theirs') {
    tree[index] = { ...top, node: theirsNode, decision: 'theirs', reason: 'chosen', items: [item] };
    for (const at of below) replace(tree, at, { node: theirsNode, decision: 'theirs', reason: 'chosen', items: [] });
    return;
  }
  tree[index] = item === null ? top : { ...top, items: [...top.items, item] };
  const reason = `hidden by ${displayBytes(top.facts.path)}, which is ${nameOfType(top.facts.ours)} here`;
  for (const at of below) {
    if (tree[at]?.facts.theirs === null) continue;
    replace(tree, at, { node: absentNode, decision: 'hidden', reason, items: [] });
  }
}

function fitDirectory(
  tree: Proposal[],
  index: number,
  proposal: Proposal,
  needed: ReadonlySet<RootPath>,
  input: PlanInput,
): Proposal {
  const { facts } = proposal;
  const isNeeded = needed.has(facts.path);
  if (isNeeded && !isPresent(proposal)) return asParent(proposal, input);
  const clashes = facts.ours?.type === 'directory' && facts.theirs !== null && facts.theirs.type !== 'directory';
  // What the policy leaves to the image does not come along for something in it; that is named (yieldToObstacles).
  if (clashes && input.verdictOf(facts.path).verb === 'ignore') return proposal;
  if (clashes && (isNeeded || isDirectory(proposal))) return keepWhole(tree, index, proposal, input);
  return proposal;
}

/** Something below stays or arrives, so the directory does: theirs where the image has one, else ours (cases 24, 27). */
function asParent(proposal: Proposal, input: PlanInput): Proposal {
  const { facts } = proposal;
  if (facts.theirs?.type !== 'directory') {
    const node = facts.ours?.type === 'directory' ? oursNode : madeDirectory(input);
    return { ...proposal, node, decision: 'parent', reason: 'something below it is carried' };
  }
  const item = makeItem(
    {
      kind: 'kept-directory',
      subject: facts.path,
      severity: 'info',
      blocks: 'nothing',
      title: `${displayBytes(facts.path)} was deleted here, but something in it comes with the image`,
      detail: 'The directory stays for that; what was deleted in it stays deleted',
      resolutions: [],
      facts: fingerprintFacts(facts),
    },
    input,
  );
  const reason = 'deleted here, but something in it comes with the image';
  return { ...proposal, node: theirsNode, decision: 'parent', reason, items: [item] };
}

/** No side has the directory, but something is placed in it. */
function madeDirectory(input: PlanInput): Node {
  return { kind: 'placed', what: { type: 'directory' }, attributes: newAttributes(0o755, input) };
}

/** A directory of ours with changes in it, where the image has something else: whole, or not at all (cases 14, 17, 18). */
function keepWhole(tree: Proposal[], index: number, top: Proposal, input: PlanInput): Proposal {
  const below = indexesBelow(tree, index);
  const { base, theirs } = top.facts;
  const unchanged = base !== null && theirs !== null && sameEntry(base, theirs, top.facts.sameContent.baseTheirs);
  const item = unchanged ? null : clashItem(top.facts, [], input);
  const items = item === null ? top.items : [...top.items, item];
  if (item?.settled?.resolution === 'theirs') {
    for (const at of below) replace(tree, at, { node: theirsNode, decision: 'theirs', reason: 'chosen', items: [] });
    return { ...top, node: theirsNode, decision: 'theirs', reason: 'chosen', items };
  }
  for (const at of below) takeAlong(tree, at, top);
  // One question for the whole: it comes whole or not at all.
  for (const at of below) dropItems(tree, at, 'removed-there');
  const reason = unchanged ? 'replaced here, unchanged in the image' : 'a directory here, something else in the image';
  return { ...top, node: oursNode, decision: 'ours', reason, items };
}

function takeAlong(tree: Proposal[], index: number, top: Proposal): void {
  const proposal = tree[index];
  if (proposal?.facts.role !== 'context' || proposal.facts.ours === null) return;
  const { type } = proposal.facts.ours;
  if (type === 'socket' || type === 'whiteout') return;
  replace(tree, index, { node: oursNode, decision: 'ours', reason: `comes with ${displayBytes(top.facts.path)}` });
}

function dropItems(tree: Proposal[], index: number, kind: string): void {
  const items = tree[index]?.items.filter((item) => !item.key.startsWith(`${kind}:`));
  if (items !== undefined) replace(tree, index, { items });
}

function replace(tree: Proposal[], index: number, change: Partial<Proposal>): void {
  const proposal = tree[index];
  if (proposal !== undefined) tree[index] = { ...proposal, ...change };
}

/** In the order of a walk everything below a path follows it without a gap. */
function indexesBelow(tree: readonly Proposal[], index: number): number[] {
  const top = tree[index];
  const below: number[] = [];
  for (let at = index + 1; at < tree.length; at++) {
    const path = tree[at]?.facts.path;
    if (top === undefined || path === undefined || !isBelow(path, top.facts.path)) break;
    below.push(at);
  }
  return below;
}

function pathsAt(tree: readonly Proposal[], indexes: readonly number[]): RootPath[] {
  return indexes.flatMap((index) => tree[index]?.facts.path ?? []);
}

function isNewThere(proposal: Proposal | undefined): boolean {
  if (proposal === undefined) return false;
  const { base, theirs, sameContent } = proposal.facts;
  return theirs !== null && (base === null || !sameEntry(base, theirs, sameContent.baseTheirs));
}
