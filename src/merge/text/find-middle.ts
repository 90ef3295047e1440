/**
 * Where to cut two sequences so that each half can be compared by itself: the linear-space search of Myers, "An O(ND)
 * difference algorithm and its variations" (1986). Two fronts walk the edit graph, one from each end. A front counts in
 * coordinates of its own: `x` lines of a and `y` lines of b used up, seen from its end; diagonal k is x - y. So both
 * fronts run the same code.
 *
 * Which of several equally good cuts is taken decides where a merge sees a conflict; the order of the diagonals, the
 * ties and the limits below are those that `git merge-file` shows, and must stay so.
 */

/** The part of two sequences that is searched: lines from `aFrom` up to `aTo`, and `bFrom` up to `bTo`. */
export type Box = { readonly aFrom: number; readonly aTo: number; readonly bFrom: number; readonly bTo: number };

/** The two sequences, room for both fronts, and the number of steps after which a good cut will do for the best. */
export type Search = {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly forwardReach: Int32Array;
  readonly backwardReach: Int32Array;
  readonly patience: number;
};

/** The cut, and whether each half must be searched to its end, without the shortcuts. */
export type Middle = {
  readonly a: number;
  readonly b: number;
  readonly exactBefore: boolean;
  readonly exactAfter: boolean;
};

type Front = {
  readonly forward: boolean;
  /** How many lines of a are used up on each diagonal, by `origin + k`; -1 beside the diagonals that were walked. */
  readonly reach: Int32Array;
  readonly origin: number;
  readonly aSize: number;
  readonly bSize: number;
  low: number;
  high: number;
  /** Whether the last step went along a stretch of more than `longStretch` equal lines. */
  ranFar: boolean;
};

type Point = { readonly x: number; readonly y: number };

/** Equal lines in a row that make a place worth cutting at. */
const longStretch = 20;
/** Steps before the first shortcut. */
const firstShortcut = 256;
/** A shortcut must have got this many times further than the steps it took. */
const shortcutGain = 4;

/** Room for the search of two sequences. */
export function makeSearch(a: Int32Array, b: Int32Array): Search {
  const diagonals = a.length + b.length + 3;
  return {
    a,
    b,
    forwardReach: new Int32Array(diagonals),
    backwardReach: new Int32Array(diagonals),
    patience: Math.max(firstShortcut, roughRoot(diagonals)),
  };
}

/** The power of two above the square root, at most twice as much: the measure of "many" that git uses. */
export function roughRoot(value: number): number {
  return 2 ** Math.ceil((32 - Math.clz32(value)) / 2);
}

/** The cut of a box of which neither side is empty and that neither starts nor ends with an equal line. */
export function findMiddle(search: Search, box: Box, exact: boolean): Middle {
  const forward = openFront(search.forwardReach, box, true);
  const backward = openFront(search.backwardReach, box, false);
  // A path's length has the parity of the difference in size, which tells whose step closes the gap.
  const odd = ((forward.aSize - forward.bSize) & 1) === 1;
  for (let cost = 1; ; cost += 1) {
    const metAhead = advance(search, box, forward, odd ? backward : null);
    if (metAhead !== null) return cutAt(box, forward, metAhead, true);
    const metBehind = advance(search, box, backward, odd ? null : forward);
    if (metBehind !== null) return cutAt(box, backward, metBehind, true);
    if (exact) continue;
    const shortcut = takeShortcut(search, box, forward, backward, cost);
    if (shortcut !== null) return shortcut;
    if (cost >= search.patience) return giveUp(box, forward, backward);
  }
}

function openFront(reach: Int32Array, box: Box, forward: boolean): Front {
  const [aSize, bSize] = [box.aTo - box.aFrom, box.bTo - box.bFrom];
  const origin = bSize + 1;
  reach[origin] = 0;
  return { forward, reach, origin, aSize, bSize, low: 0, high: 0, ranFar: false };
}

/** One more edit on every diagonal of a front; where it then touches `opposite`, the point. */
function advance(search: Search, box: Box, front: Front, opposite: Front | null): Point | null {
  widen(front);
  const { reach, origin } = front;
  const [first, stride] = front.forward ? [front.high, -2] : [front.low, 2];
  front.ranFar = false;
  for (let k = first; k >= front.low && k <= front.high; k += stride) {
    const fromA = reach[origin + k - 1] ?? -1;
    const fromB = reach[origin + k + 1] ?? -1;
    const begin = fromA >= fromB ? fromA + 1 : fromB;
    const x = followEqual(search, box, front, { x: begin, y: begin - k });
    if (x - begin > longStretch) front.ranFar = true;
    reach[origin + k] = x;
    if (opposite !== null && touches(opposite, front.aSize - front.bSize - k, front.aSize - x)) return { x, y: x - k };
  }
  return null;
}

/** How far a front gets from a point along equal lines, as lines of a. */
function followEqual({ a, b }: Search, box: Box, front: Front, point: Point): number {
  const sign = front.forward ? 1 : -1;
  let atA = front.forward ? box.aFrom + point.x : box.aTo - 1 - point.x;
  let atB = front.forward ? box.bFrom + point.y : box.bTo - 1 - point.y;
  const most = Math.min(front.aSize - point.x, front.bSize - point.y);
  let equal = 0;
  while (equal < most && a[atA] === b[atB]) {
    equal += 1;
    atA += sign;
    atB += sign;
  }
  return point.x + equal;
}

/** Opens a diagonal at each end, or closes the outermost where the box has no more. */
function widen(front: Front): void {
  if (front.low > -front.bSize) {
    front.low -= 1;
    front.reach[front.origin + front.low - 1] = -1;
  } else front.low += 1;
  if (front.high < front.aSize) {
    front.high += 1;
    front.reach[front.origin + front.high + 1] = -1;
  } else front.high -= 1;
}

function touches(front: Front, k: number, x: number): boolean {
  return k >= front.low && k <= front.high && (front.reach[front.origin + k] ?? -1) >= x;
}

/** Cuts behind a long equal stretch that one front has got far by. */
function takeShortcut(search: Search, box: Box, forward: Front, backward: Front, cost: number): Middle | null {
  if (cost <= firstShortcut || !(forward.ranFar || backward.ranFar)) return null;
  for (const front of [forward, backward]) {
    const point = bestStretchEnd(search, box, front, shortcutGain * cost);
    if (point !== null) return cutAt(box, front, point, false);
  }
  return null;
}

function bestStretchEnd(search: Search, box: Box, front: Front, atLeast: number): Point | null {
  let best: Point | null = null;
  let most = atLeast;
  for (const k of diagonals(front)) {
    const x = front.reach[front.origin + k] ?? -1;
    const y = x - k;
    const gain = x + y - Math.abs(k);
    if (gain <= most || x < longStretch || y < longStretch || x >= front.aSize || y >= front.bSize) continue;
    if (!endsLongStretch(search, box, front, { x, y })) continue;
    best = { x, y };
    most = gain;
  }
  return best;
}

function endsLongStretch(search: Search, box: Box, front: Front, { x, y }: Point): boolean {
  for (let back = 1; back <= longStretch; back += 1) {
    const a = front.forward ? box.aFrom + x - back : box.aTo - 1 - (x - back);
    const b = front.forward ? box.bFrom + y - back : box.bTo - 1 - (y - back);
    if (search.a[a] !== search.b[b]) return false;
  }
  return true;
}

/** Cuts at the point that used up most lines: not the best cut, but the search ends. */
function giveUp(box: Box, forward: Front, backward: Front): Middle {
  const [ahead, behind] = [farthest(forward), farthest(backward)];
  return behind.x + behind.y < ahead.x + ahead.y
    ? cutAt(box, forward, ahead, false)
    : cutAt(box, backward, behind, false);
}

function farthest(front: Front): Point {
  let best: Point = { x: -1, y: 0 };
  for (const k of diagonals(front)) {
    // A front may have stepped over the edge of the box.
    const x = Math.min(front.reach[front.origin + k] ?? -1, front.aSize, front.bSize + k);
    if (best.x + best.y < x + x - k) best = { x, y: x - k };
  }
  return best;
}

/** The diagonals of the last step, in the order it walked them. */
function* diagonals(front: Front): Generator<number> {
  if (front.forward) for (let k = front.high; k >= front.low; k -= 2) yield k;
  else for (let k = front.low; k <= front.high; k += 2) yield k;
}

function cutAt(box: Box, front: Front, { x, y }: Point, exact: boolean): Middle {
  return front.forward
    ? { a: box.aFrom + x, b: box.bFrom + y, exactBefore: true, exactAfter: exact }
    : { a: box.aTo - x, b: box.bTo - y, exactBefore: exact, exactAfter: true };
}
