import type { MergeInputs, MergeOutcome, Strategy } from './strategy.ts';
import { isText, mergeableBytes } from './text/is-text.ts';
import { mergeText } from './text/merge-text.ts';

/** Three-way merge by lines; undecided where `git merge-file` would see a conflict. */
export const mergeLines: Strategy = { name: 'merge', needsContents: true, decide };

function decide({ base, ours, theirs }: MergeInputs): MergeOutcome {
  if (base === null) return undecided('both sides added it, differently');
  const contents = [base, ours, theirs];
  if (!contents.every(isText)) return undecided('it is not text');
  if (contents.some((content) => content.length > mergeableBytes)) return undecided('it is too large to merge');
  const merged = mergeText(base, ours, theirs);
  if (merged.kind === 'merged') return { kind: 'merged', content: merged.content };
  const [first] = merged.conflicts;
  const where = first === undefined ? '' : `, first at line ${first.ours.start} of ours`;
  return undecided(`both sides changed the same lines (${countOf(merged.conflicts.length)}${where})`);
}

function undecided(reason: string): MergeOutcome {
  return { kind: 'undecided', reason, merged: null };
}

function countOf(conflicts: number): string {
  return conflicts === 1 ? '1 conflict' : `${conflicts} conflicts`;
}
