/** The lines of one side and which of them are changed (1) or kept (0). */
export type Side = { readonly ids: Int32Array; readonly changed: Uint8Array };

/**
 * A run of changed lines, which may be empty, between two kept ones. Both sides keep the same lines, so they have equally
 * many groups, and the nth of one belongs to the nth of the other.
 */
type Group = { readonly side: Side; start: number; end: number };

/**
 * Moves groups of changed lines that could as well stand elsewhere: `a b [a b]` and `[a b] a b` are the same change.
 * A group that can meet a change of the other side goes there, so that it reads as one change; any other goes down as
 * far as it can. Groups that touch become one. Changes `side.changed` in place.
 */
export function slideGroups(side: Side, other: Side): void {
  const group = firstGroup(side);
  const twin = firstGroup(other);
  do {
    if (group.end > group.start) settle(group, twin);
    toNext(twin);
  } while (toNext(group));
}

function settle(group: Group, twin: Group): void {
  let size: number;
  let highest: number;
  let meets: boolean;
  do {
    size = group.end - group.start;
    while (slideUp(group)) toPrevious(twin);
    highest = group.end;
    meets = twin.end > twin.start;
    while (slideDown(group)) {
      toNext(twin);
      if (twin.end > twin.start) meets = true;
    }
    // It has grown by groups it ran into, and may reach further now.
  } while (size !== group.end - group.start);
  if (!meets || group.end === highest) return;
  while (twin.end === twin.start) {
    slideUp(group);
    toPrevious(twin);
  }
}

function firstGroup(side: Side): Group {
  const group = { side, start: 0, end: 0 };
  growDown(group);
  return group;
}

function toNext(group: Group): boolean {
  if (group.end === group.side.ids.length) return false;
  group.start = group.end + 1;
  group.end = group.start;
  growDown(group);
  return true;
}

function toPrevious(group: Group): void {
  group.end = group.start - 1;
  group.start = group.end;
  growUp(group);
}

function slideUp(group: Group): boolean {
  const { ids, changed } = group.side;
  if (group.start === 0 || ids[group.start - 1] !== ids[group.end - 1]) return false;
  group.start -= 1;
  group.end -= 1;
  changed[group.start] = 1;
  changed[group.end] = 0;
  growUp(group);
  return true;
}

function slideDown(group: Group): boolean {
  const { ids, changed } = group.side;
  if (group.end === ids.length || ids[group.start] !== ids[group.end]) return false;
  changed[group.start] = 0;
  changed[group.end] = 1;
  group.start += 1;
  group.end += 1;
  growDown(group);
  return true;
}

function growUp(group: Group): void {
  while (group.side.changed[group.start - 1] === 1) group.start -= 1;
}

function growDown(group: Group): void {
  while (group.side.changed[group.end] === 1) group.end += 1;
}
