import { diff3MergeRegions } from 'node-diff3';
import type { Hunk } from './diff-lines.ts';

/** Lines from `from` up to, not including, `to`. */
export type Range = { readonly from: number; readonly to: number };

/** A stretch of the base and what became of it on both sides: hunks of each, and the lines of each that stand there. */
export type Window = {
  readonly base: Range;
  readonly ours: { readonly from: number; readonly hunks: readonly Hunk[] };
  readonly theirs: { readonly from: number; readonly hunks: readonly Hunk[] };
};

/** A stretch of the result: one side's lines, or a place where both changed the base. */
export type Region =
  | { readonly from: 'base' | 'ours' | 'theirs'; readonly lines: Range }
  | { readonly from: 'both'; readonly base: Range; readonly ours: Range; readonly theirs: Range };

/** A side as node-diff3 sees it: one name for each run of lines, and where each run starts, with the end of the last. */
type Runs = { readonly names: number[]; readonly starts: number[] };

const sideOfBuffer = { a: 'ours', o: 'base', b: 'theirs' } as const;

/**
 * Merges one window. node-diff3 gets runs of lines instead of lines, each run of the base under a name of its own that a
 * side shares where it kept it. So the runs are unique and common, its alignment is ours, and its search, quadratic in
 * lines that repeat, has none of them.
 */
export function mergeWindow(window: Window): Region[] {
  const cuts = baseCuts(window);
  const base = { names: cuts.slice(0, -1), starts: cuts };
  const ours = runsOf(window, window.ours, cuts);
  const theirs = runsOf(window, window.theirs, cuts);
  return diff3MergeRegions(ours.names, base.names, theirs.names).map((region): Region => {
    if (region.stable) {
      const runs = { a: ours, o: base, b: theirs }[region.buffer];
      return { from: sideOfBuffer[region.buffer], lines: rangeOf(runs, region.bufferStart, region.bufferLength) };
    }
    return {
      from: 'both',
      base: rangeOf(base, region.oStart, region.oLength),
      ours: rangeOf(ours, region.aStart, region.aLength),
      theirs: rangeOf(theirs, region.bStart, region.bLength),
    };
  });
}

/** Where a run of the base starts: at the ends of the window and wherever a hunk of a side starts or ends. */
function baseCuts(window: Window): number[] {
  const cuts = new Set([window.base.from, window.base.to]);
  for (const hunk of [...window.ours.hunks, ...window.theirs.hunks]) cuts.add(hunk.aFrom).add(hunk.aTo);
  return [...cuts].sort((a, b) => a - b);
}

/** A side's runs: those of the base that it kept, by the base's names, and what each of its hunks put in. */
function runsOf(window: Window, side: Window['ours'], cuts: readonly number[]): Runs {
  const names: number[] = [];
  const starts: number[] = [];
  let line = side.from;
  let cut = 0;
  const keepUntil = (baseEnd: number): void => {
    for (let start = cuts[cut]; start !== undefined && start < baseEnd; start = cuts[cut]) {
      names.push(start);
      starts.push(line);
      cut += 1;
      line += (cuts[cut] ?? start) - start;
    }
  };
  for (const hunk of side.hunks) {
    keepUntil(hunk.aFrom);
    while ((cuts[cut] ?? hunk.aTo) < hunk.aTo) cut += 1;
    if (hunk.bTo === hunk.bFrom) continue;
    // Negative, so that it is no name of the base.
    names.push(-1 - hunk.bFrom);
    starts.push(line);
    line = hunk.bTo;
  }
  keepUntil(window.base.to);
  return { names, starts: [...starts, line] };
}

function rangeOf(runs: Runs, start: number, length: number): Range {
  const from = runs.starts[start];
  const to = runs.starts[start + length];
  if (from === undefined || to === undefined) throw new RangeError(`no runs ${start} to ${start + length}`);
  return { from, to };
}
