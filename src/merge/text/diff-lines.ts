import { type ComparableLines, chooseComparableLines } from './comparable-lines.ts';
import { type Box, findMiddle, makeSearch } from './find-middle.ts';
import { slideGroups } from './slide-groups.ts';

/** One change: lines `aFrom` up to `aTo` of a became lines `bFrom` up to `bTo` of b; either may be empty, not both. */
export type Hunk = Box;

/**
 * The changes that make b of a, in order, with at least one kept line between any two. Lines are given by numbers that
 * are equal for equal lines. Aligned as `git merge-file` aligns; time is linear in the lines but for a factor that grows
 * with the differences and is bounded.
 */
export function diffLines(a: Int32Array, b: Int32Array): Hunk[] {
  const sideA = { ids: a, changed: new Uint8Array(a.length) };
  const sideB = { ids: b, changed: new Uint8Array(b.length) };
  const window = trimEnds(a, b);
  const lines = chooseComparableLines(a, b, window);
  sideA.changed.fill(1, window.from, window.aTo);
  sideB.changed.fill(1, window.from, window.bTo);
  keepEqualLines(sideA.ids, sideB.ids, lines, (lineA, lineB) => {
    sideA.changed[lineA] = 0;
    sideB.changed[lineB] = 0;
  });
  slideGroups(sideA, sideB);
  slideGroups(sideB, sideA);
  return listHunks(sideA.changed, sideB.changed);
}

function trimEnds(a: Int32Array, b: Int32Array): { from: number; aTo: number; bTo: number } {
  const box = shrink({ aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length }, a, b, ignore);
  return { from: box.aFrom, aTo: box.aTo, bTo: box.bTo };
}

/** Calls `keep` with each pair of lines that are equal and aligned with each other. */
function keepEqualLines(
  idsA: Int32Array,
  idsB: Int32Array,
  lines: ComparableLines,
  keep: (lineA: number, lineB: number) => void,
): void {
  const a = lines.a.map((line) => idsA[line] ?? -1);
  const b = lines.b.map((line) => idsB[line] ?? -1);
  const search = makeSearch(a, b);
  const pair = (x: number, y: number): void => keep(lines.a[x] ?? -1, lines.b[y] ?? -1);
  const open: { box: Box; exact: boolean }[] = [
    { box: { aFrom: 0, aTo: a.length, bFrom: 0, bTo: b.length }, exact: false },
  ];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const box = shrink(next.box, a, b, pair);
    if (box.aFrom === box.aTo || box.bFrom === box.bTo) continue;
    const middle = findMiddle(search, box, next.exact);
    open.push(
      { box: { ...box, aFrom: middle.a, bFrom: middle.b }, exact: middle.exactAfter },
      { box: { ...box, aTo: middle.a, bTo: middle.b }, exact: middle.exactBefore },
    );
  }
}

/** The box without the equal lines at its start and end, which are told to `equal`. */
function shrink(box: Box, a: Int32Array, b: Int32Array, equal: (x: number, y: number) => void): Box {
  let { aFrom, aTo, bFrom, bTo } = box;
  while (aFrom < aTo && bFrom < bTo && a[aFrom] === b[bFrom]) {
    equal(aFrom, bFrom);
    aFrom += 1;
    bFrom += 1;
  }
  while (aFrom < aTo && bFrom < bTo && a[aTo - 1] === b[bTo - 1]) {
    aTo -= 1;
    bTo -= 1;
    equal(aTo, bTo);
  }
  return { aFrom, aTo, bFrom, bTo };
}

function ignore(): void {
  // The lines outside the window are kept already.
}

function listHunks(changedA: Uint8Array, changedB: Uint8Array): Hunk[] {
  const hunks: Hunk[] = [];
  let [a, b] = [0, 0];
  while (a < changedA.length || b < changedB.length) {
    const [aFrom, bFrom] = [a, b];
    while (changedA[a] === 1) a += 1;
    while (changedB[b] === 1) b += 1;
    if (a > aFrom || b > bFrom) hunks.push({ aFrom, aTo: a, bFrom, bTo: b });
    a += 1;
    b += 1;
  }
  return hunks;
}
