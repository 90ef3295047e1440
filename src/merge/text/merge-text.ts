import type { ByteString } from '../../domain/bytes.ts';
import { cutWindows } from './cut-windows.ts';
import { diffLines } from './diff-lines.ts';
import { bytesOfLines, type Lines, listLines, type Numbering, readLines } from './lines.ts';
import { mergeWindow, type Range, type Region } from './window.ts';

/** Lines of one side in a conflict, each with its `\n`. */
export type ConflictLines = {
  /** Number of the first line, from 1; where there are none, of the line before which they would stand. */
  readonly start: number;
  readonly lines: readonly ByteString[];
};

/** A place that both sides changed, differently; or side by side, with no line between that both kept. */
export type Conflict = {
  readonly base: ConflictLines;
  readonly ours: ConflictLines;
  readonly theirs: ConflictLines;
};

export type MergedText =
  | { readonly kind: 'merged'; readonly content: ByteString }
  /** At least one conflict, in the order of the lines. */
  | { readonly kind: 'conflict'; readonly conflicts: readonly Conflict[] };

type Sides = { readonly base: Lines; readonly ours: Lines; readonly theirs: Lines };

/**
 * Merges the changes of both sides by lines: the bytes of `git merge-file -p` where that merges cleanly, a conflict where
 * it conflicts. The contents should be text (`isText`); any bytes are merged.
 */
export function mergeText(base: ByteString, ours: ByteString, theirs: ByteString): MergedText {
  if (ours === theirs || theirs === base) return { kind: 'merged', content: ours };
  if (ours === base) return { kind: 'merged', content: theirs };
  const numbering: Numbering = new Map();
  const sides = {
    base: readLines(base, numbering),
    ours: readLines(ours, numbering),
    theirs: readLines(theirs, numbering),
  };
  return mergeSides(sides);
}

function mergeSides(sides: Sides): MergedText {
  const parts: ByteString[] = [];
  const conflicts: Conflict[] = [];
  let line = 0;
  const windows = cutWindows(diffLines(sides.base.ids, sides.ours.ids), diffLines(sides.base.ids, sides.theirs.ids));
  for (const window of windows) {
    parts.push(bytesOfLines(sides.base, line, window.base.from));
    for (const region of mergeWindow(window)) settle(sides, region, parts, conflicts);
    line = window.base.to;
  }
  parts.push(bytesOfLines(sides.base, line, sides.base.count));
  return conflicts.length > 0 ? { kind: 'conflict', conflicts } : { kind: 'merged', content: parts.join('') };
}

function settle(sides: Sides, region: Region, parts: ByteString[], conflicts: Conflict[]): void {
  if (region.from !== 'both') {
    parts.push(bytesOfLines(sides[region.from], region.lines.from, region.lines.to));
    return;
  }
  const ours = bytesOfLines(sides.ours, region.ours.from, region.ours.to);
  const theirs = bytesOfLines(sides.theirs, region.theirs.from, region.theirs.to);
  if (ours === theirs) parts.push(ours);
  else {
    conflicts.push({
      base: conflictLines(sides.base, region.base),
      ours: conflictLines(sides.ours, region.ours),
      theirs: conflictLines(sides.theirs, region.theirs),
    });
  }
}

function conflictLines(lines: Lines, range: Range): ConflictLines {
  return { start: range.from + 1, lines: listLines(lines, range.from, range.to) };
}
