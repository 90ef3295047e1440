import { type ByteString, displayBytes } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import type { Item, Resolution } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { Rename } from '../domain/policy.ts';
import { renamedPath } from '../domain/rename.ts';
import type { JointDecision, JointInput } from './joint-strategy.ts';
import { defaultStrategy, strategyNamed } from './strategies.ts';
import type { MergeOutcome } from './strategy.ts';
import { mergeableBytes } from './text/is-text.ts';

/** A path that base and ours have under one name and theirs under another. */
export type Renamed = {
  readonly from: RootPath;
  readonly to: RootPath;
  readonly rename: Rename;
  readonly base: Entry | null;
  readonly ours: Entry | null;
  readonly theirs: Entry | null;
};

/** What stands at the new name; null where nothing is to be decided there. */
export type RenamedOutcome = { readonly decision: JointDecision | null; readonly items: readonly Item[] };

/** Decides three-way under the new name. Null where the kinds do not fit, or are of those that do not move. */
export function decideRenamed(renamed: Renamed, input: JointInput): RenamedOutcome | null {
  const { ours, theirs } = renamed;
  if (ours === null) return decideDeleted(renamed, input);
  if (theirs !== null && theirs.type !== ours.type) return null;
  if (ours.type === 'directory') return only({ node: 'directory', like: renamed.from, reason: reasonOf(renamed) });
  if (ours.type === 'symlink') return decideLink(renamed, ours, input);
  return ours.type === 'file' ? decideFile(renamed, input) : null;
}

/** Null where a side is too large to merge, or went away while it was looked at. */
function decideFile(renamed: Renamed, input: JointInput): RenamedOutcome | null {
  const { from, to, base, ours: entry, theirs } = renamed;
  const reason = reasonOf(renamed);
  if (theirs === null) return only({ node: 'ours-from', from, reason });
  if ([base, entry, theirs].some((side) => side !== null && side.size > mergeableBytes)) return null;
  const [ours, image] = [input.view.content('ours', from), input.view.content('theirs', to)];
  if (ours === null || image === null) return null;
  const sides = { base: base?.type === 'file' ? input.view.content('base', from) : null, ours, theirs: image };
  const outcome = threeWay(sides, () => strategyAt(from, input).decide(sides));
  const content = (bytes: ByteString): JointDecision => ({ node: 'content', content: bytes, like: from, reason });
  if (outcome.kind === 'merged') return only(content(outcome.content));
  if (outcome.kind === 'ours') return only(content(sides.ours));
  const item = conflictItem(renamed, outcome.reason, sides, input);
  return { decision: content(item.settled?.resolution === 'theirs' ? sides.theirs : sides.ours), items: [item] };
}

function decideLink(renamed: Renamed, ours: Entry, input: JointInput): RenamedOutcome {
  const { from, rename, base, theirs } = renamed;
  const targetOf = (entry: Entry | null): ByteString | null =>
    entry?.type === 'symlink' ? renamedPath(entry.target ?? '', rename) : null;
  const sides = { base: targetOf(base), ours: targetOf(ours) ?? '', theirs: targetOf(theirs) };
  const link = (target: ByteString): JointDecision => ({
    node: 'symlink',
    target,
    like: from,
    reason: reasonOf(renamed),
  });
  if (sides.theirs === null || sides.theirs === sides.base) return only(link(sides.ours));
  if (sides.ours === sides.base || sides.ours === sides.theirs) return only(link(sides.theirs));
  const item = conflictItem(renamed, 'both sides changed it', sides, input);
  return { decision: link(item.settled?.resolution === 'theirs' ? sides.theirs : sides.ours), items: [item] };
}

/** What was deleted under the old name stays deleted; a directory goes by what is in it. */
function decideDeleted(renamed: Renamed, input: JointInput): RenamedOutcome {
  const { from, to, base, theirs } = renamed;
  if (base === null || theirs === null || base.type === 'directory') return { decision: null, items: [] };
  const absent: JointDecision = { node: 'absent', reason: `deleted here as ${displayBytes(from)}` };
  const same =
    base.type === theirs.type &&
    base.target === theirs.target &&
    input.view.content('base', from) === input.view.content('theirs', to);
  if (same) return only(absent);
  const item = deletedItem(renamed, input);
  return { decision: item.settled?.resolution === 'theirs' ? null : absent, items: [item] };
}

type Sides = { readonly base: ByteString | null; readonly ours: ByteString; readonly theirs: ByteString };

/** One side's content where the other did not change it; else what the strategy makes of all three. */
function threeWay({ base, ours, theirs }: Sides, decide: () => MergeOutcome): MergeOutcome {
  if (ours === theirs || theirs === base) return { kind: 'ours' };
  return ours === base ? { kind: 'merged', content: theirs } : decide();
}

function strategyAt(path: RootPath, { verdictOf }: JointInput): typeof defaultStrategy {
  const { strategy } = verdictOf(path);
  return (strategy === null ? null : strategyNamed(strategy.name)) ?? defaultStrategy;
}

function only(decision: JointDecision): RenamedOutcome {
  return { decision, items: [] };
}

function reasonOf({ from }: Renamed): string {
  return `changed here as ${displayBytes(from)}, which is its name no more`;
}

const takeTheirs: Resolution = { id: 'theirs', title: 'Take what the image ships', dataLoss: 'possible' };

function conflictItem({ from, to }: Renamed, why: string, sides: unknown, { settle }: JointInput): Item {
  return settle({
    kind: 'content',
    subject: to,
    paths: [from, to],
    severity: 'error',
    blocks: 'service',
    title: `${displayBytes(from)} was changed here, and in the image, which calls it ${displayBytes(to)}`,
    detail: `Ours stays in force, under the new name: ${why}`,
    resolutions: [{ id: 'ours', title: 'Keep what this machine has', default: true, dataLoss: 'none' }, takeTheirs],
    facts: sides,
  });
}

function deletedItem({ from, to, base, theirs }: Renamed, { settle }: JointInput): Item {
  return settle({
    kind: 'deleted-here',
    subject: to,
    paths: [from, to],
    severity: 'recommendation',
    blocks: 'nothing',
    title: `${displayBytes(from)} was deleted here, and the image calls it ${displayBytes(to)} and changed it`,
    detail: 'It stays deleted',
    resolutions: [
      { id: 'ours', title: 'Keep it deleted', default: true, dataLoss: 'none' },
      { ...takeTheirs, dataLoss: 'none' },
    ],
    facts: [base, theirs].map((entry) => entry && [entry.type, entry.size, entry.mtime, entry.target]),
  });
}
