import type { Hunk } from './diff-lines.ts';
import type { Window } from './window.ts';

/** Hunks after which a window ends at the next line that both sides kept; node-diff3 is quadratic in them. */
const hunksInWindow = 32;

type Side = { readonly hunks: readonly Hunk[]; next: number; shift: number };

/** Cuts the base into windows that hold all hunks, between lines that both sides kept. */
export function cutWindows(ours: readonly Hunk[], theirs: readonly Hunk[]): Window[] {
  const sides = { ours: { hunks: ours, next: 0, shift: 0 }, theirs: { hunks: theirs, next: 0, shift: 0 } };
  const windows: Window[] = [];
  for (let window = takeWindow(sides); window !== null; window = takeWindow(sides)) windows.push(window);
  return windows;
}

function takeWindow(sides: { ours: Side; theirs: Side }): Window | null {
  const from = Math.min(nextStart(sides.ours), nextStart(sides.theirs));
  if (from === Number.POSITIVE_INFINITY) return null;
  const taken: { ours: Hunk[]; theirs: Hunk[] } = { ours: [], theirs: [] };
  const starts = { ours: from + sides.ours.shift, theirs: from + sides.theirs.shift };
  let to = from;
  let chain = from;
  for (;;) {
    const name = nextStart(sides.ours) <= nextStart(sides.theirs) ? 'ours' : 'theirs';
    const hunk = sides[name].hunks[sides[name].next];
    if (hunk === undefined) break;
    const full = taken.ours.length + taken.theirs.length >= hunksInWindow;
    if (hunk.aFrom > to) {
      if (full) break;
      chain = hunk.aFrom;
    }
    addHunk(taken[name], hunk, full ? chain : Number.POSITIVE_INFINITY);
    sides[name].next += 1;
    sides[name].shift = hunk.bTo - hunk.aTo;
    to = Math.max(to, hunk.aTo);
  }
  return {
    base: { from, to },
    ours: { from: starts.ours, hunks: taken.ours },
    theirs: { from: starts.theirs, hunks: taken.theirs },
  };
}

/**
 * Adds a hunk; as part of the one before where that started at `chain` or later. From there on no line is kept by both
 * sides, so that it is one place for the merge anyway, and however long it is the window stays small.
 */
function addHunk(hunks: Hunk[], hunk: Hunk, chain: number): void {
  const last = hunks.at(-1);
  if (last === undefined || last.aFrom < chain) hunks.push(hunk);
  else hunks[hunks.length - 1] = { ...last, aTo: hunk.aTo, bTo: hunk.bTo };
}

function nextStart(side: Side): number {
  return side.hunks[side.next]?.aFrom ?? Number.POSITIVE_INFINITY;
}
