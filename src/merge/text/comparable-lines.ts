import { roughRoot } from './find-middle.ts';

/** The lines of both sides that take part in the search for equal lines; the others are changed by definition. */
export type ComparableLines = { readonly a: Int32Array; readonly b: Int32Array };

/** How often a line must occur on the other side to count as frequent, at most. */
const frequentAtMost = 1024;
/** How far around a frequent line its neighbours are looked at. */
const neighbourhood = 100;

const alone = 0;
const comparable = 1;
const frequent = 2;

/**
 * Chooses the lines worth comparing between `from` and the ends `aTo` and `bTo`: those that the other side has at all
 * (the whole of it), but not those that it has very often where most lines around them are on one side only. It saves
 * time, and is what `git` does, so that both align alike.
 */
export function chooseComparableLines(
  a: Int32Array,
  b: Int32Array,
  window: { readonly from: number; readonly aTo: number; readonly bTo: number },
): ComparableLines {
  return {
    a: chooseSide(a, countIds(b), window.from, window.aTo),
    b: chooseSide(b, countIds(a), window.from, window.bTo),
  };
}

function chooseSide(ids: Int32Array, others: Int32Array, from: number, to: number): Int32Array {
  const limit = Math.min(roughRoot(ids.length), frequentAtMost);
  const kinds = new Uint8Array(to - from);
  for (let line = from; line < to; line += 1) {
    const occurrences = others[ids[line] ?? -1] ?? 0;
    if (occurrences > 0) kinds[line - from] = occurrences >= limit ? frequent : comparable;
  }
  const chosen: number[] = [];
  for (const [index, kind] of kinds.entries()) {
    if (kind === comparable || (kind === frequent && !isAmongLonely(kinds, index))) chosen.push(from + index);
  }
  return Int32Array.from(chosen);
}

/** Whether lonely lines stand on both sides of a frequent one and outnumber the frequent ones around it by three to one. */
function isAmongLonely(kinds: Uint8Array, index: number): boolean {
  const before = countRun(kinds, index, -1);
  if (before.alone === 0) return false;
  const after = countRun(kinds, index, 1);
  if (after.alone === 0) return false;
  const lonely = before.alone + after.alone;
  // The line itself counts in the run on each side.
  const common = before.frequent + after.frequent + 2;
  return lonely > 3 * common;
}

/** Lines of each kind next to a line, up to the first comparable one. */
function countRun(kinds: Uint8Array, index: number, step: 1 | -1): { alone: number; frequent: number } {
  const run = { alone: 0, frequent: 0 };
  for (let distance = 1; distance <= neighbourhood; distance += 1) {
    const kind = kinds[index + step * distance];
    if (kind === alone) run.alone += 1;
    else if (kind === frequent) run.frequent += 1;
    else break;
  }
  return run;
}

function countIds(ids: Int32Array): Int32Array {
  let highest = -1;
  for (const id of ids) if (id > highest) highest = id;
  const counts = new Int32Array(highest + 1);
  for (const id of ids) counts[id] = (counts[id] ?? 0) + 1;
  return counts;
}
