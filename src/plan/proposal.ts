import type { ByteString } from '../domain/bytes.ts';
import type { PathFacts } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import type { Item } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { Attributes, DecisionKind } from '../domain/plan.ts';
import type { Verdict } from '../domain/policy.ts';
import type { TimelessAttributes } from '../merge/attributes.ts';

/** Where merged content is before it is a blob. */
export type MixedContent = 'ours' | 'theirs' | { readonly merged: ByteString };

/** What shall stand at a path of the result. */
export type Node =
  /** What theirs has there, or nothing. */
  | { readonly kind: 'theirs' }
  | { readonly kind: 'absent' }
  /** Ours', whole. */
  | { readonly kind: 'ours' }
  | { readonly kind: 'mixed'; readonly content: MixedContent; readonly attributes: TimelessAttributes }
  /** Something that no side has at this path. */
  | { readonly kind: 'placed'; readonly what: Placed; readonly attributes: Attributes };

/** Content of a file of ours from elsewhere; with its bytes on the disk where it has holes. */
type MovedContent = { readonly at: RootPath; readonly size: number; readonly allocated?: number };

/** What is placed where no side has it; a file is made of merged content or of a file of ours from elsewhere. */
export type Placed =
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: ByteString }
  | { readonly type: 'file'; readonly content: ByteString | MovedContent };

/** What one path gets by itself, before what lies above and below it is considered; no effects. */
export type Proposal = {
  readonly facts: PathFacts;
  readonly node: Node;
  /** Null for context that needs no decision. */
  readonly decision: DecisionKind | null;
  readonly reason: string;
  readonly strategy: string | null;
  readonly verdict: Verdict | null;
  readonly items: readonly Item[];
};

/** A path that ours and theirs have, of one type with base where base has it. */
export type SameType = PathFacts & { readonly ours: Entry; readonly theirs: Entry };

/** The content that a path gets, why, and what a person should know. */
export type ContentProposal = {
  readonly content: MixedContent;
  readonly reason: string;
  readonly strategy: string | null;
  readonly items: readonly Item[];
};

export const theirsNode: Node = Object.freeze({ kind: 'theirs' });
export const oursNode: Node = Object.freeze({ kind: 'ours' });
export const absentNode: Node = Object.freeze({ kind: 'absent' });

/** Whether anything stands at the path in the result. */
export function isPresent({ node, facts }: Proposal): boolean {
  if (node.kind === 'absent') return false;
  return node.kind === 'theirs' ? facts.theirs !== null : true;
}

/** Whether a directory stands at the path in the result. */
export function isDirectory(proposal: Proposal): boolean {
  const { node, facts } = proposal;
  if (!isPresent(proposal)) return false;
  if (node.kind === 'placed') return node.what.type === 'directory';
  return (node.kind === 'ours' ? facts.ours : facts.theirs)?.type === 'directory';
}
