import { isImage } from '../domain/image.ts';
import { originOf } from '../domain/origin.ts';
import type { ObjectRecord, Uuid, VolumeRecord } from '../domain/volume.ts';
import { type LedgerState, objectsIn } from './ledger-state.ts';

/** Which tags stay: what fits any of the rules. */
export type RetentionRules = {
  /** So many of the newest tags of each branch; at least 1. */
  readonly keepLast: number;
  /** Those made at most so many days before the newest of the branch; null for no such rule. */
  readonly keepDays: number | null;
};

/** What the retention says of a tag, and why. */
export type RetainedTag = { readonly tag: ObjectRecord; readonly stays: boolean; readonly why: readonly string[] };

/** What else needs a tag, in words; none where nothing does. */
export type Needed = (tag: ObjectRecord) => readonly string[];

const dayMilliseconds = 86_400_000;

/**
 * Which tags of a volume stay and which go, newest first. Only tags that were made of a branch can go, and no image: that was
 * made of a branch which an import filled, and is of no history.
 * Order is that of the ledger; the age of a tag is counted back from the newest of its branch, not from now (case 131).
 */
export function decideTags(
  state: LedgerState,
  volume: VolumeRecord,
  rules: RetentionRules,
  needed: Needed,
): RetainedTag[] {
  const tags = objectsIn(state, volume.uuid).filter(({ kind }) => kind === 'tag');
  const byBranch = Map.groupBy(
    tags.filter((tag) => !isOwnImage(tag)),
    (tag) => branchOf(state, tag),
  );
  const ages = new Map([...byBranch.values()].flatMap((ofBranch) => agesOf(ofBranch)));
  return tags.toReversed().map((tag) => {
    const why = [...reasonsToStay(state, tag, needed), ...ruleReasons(state, tag, rules, ages)];
    return why.length > 0 ? { tag, stays: true, why } : { tag, stays: false, why: ['no rule keeps it'] };
  });
}

function reasonsToStay({ objects }: LedgerState, tag: ObjectRecord, needed: Needed): string[] {
  // What came from another store is whole without what it was sent on top of.
  const isHeir = (record: ObjectRecord): boolean => record.from === tag.uuid && originOf(record) === null;
  const heir = objects.values().find(({ record }) => isHeir(record))?.record;
  return [
    ...tag.holds.map((hold) => `held for ${hold}`),
    ...(heir === undefined ? [] : [`${heir.kind} ${heir.name} was made from it`]),
    ...needed(tag),
  ];
}

/** Its place among the tags of its branch, 0 for the newest, and how long before the newest it was made. */
type Age = { readonly rank: number; readonly days: number };

function ruleReasons(
  state: LedgerState,
  tag: ObjectRecord,
  { keepLast, keepDays }: RetentionRules,
  ages: ReadonlyMap<Uuid, Age>,
): string[] {
  const age = ages.get(tag.uuid);
  if (isOwnImage(tag)) return ['an image: migrate prune removes it where nothing refers to it'];
  if (branchOf(state, tag) === null || age === undefined) return ['not made of a branch'];
  const reasons: string[] = [];
  if (age.rank < keepLast) reasons.push(`one of the newest ${keepLast} of its branch`);
  if (keepDays !== null && age.days <= keepDays) reasons.push(`made within ${keepDays} days of the newest`);
  return reasons;
}

/** What came from another store is a copy, of which the newest stay. */
function isOwnImage(tag: ObjectRecord): boolean {
  return isImage(tag) && originOf(tag) === null;
}

/**
 * The branch that a tag was made of, in whatever store, be it there still or not; null where it was made of nothing or of
 * another tag.
 */
function branchOf({ objects, removed }: LedgerState, tag: ObjectRecord): Uuid | null {
  const origin = originOf(tag);
  if (origin !== null) return origin.branchUuid;
  const { from } = tag;
  if (from === null) return null;
  const source = objects.get(from)?.record ?? removed.get(from);
  return source?.kind === 'branch' ? source.uuid : null;
}

/** The tags are in their order. One whose time contradicts that has the time of the next that does not. */
function agesOf(tags: readonly ObjectRecord[]): [Uuid, Age][] {
  const times = timesInOrder(tags.map(({ at }) => Date.parse(at)));
  const newest = times.findLast((time) => time !== null) ?? null;
  let next = newest;
  return tags
    .map((tag, index) => ({ tag, time: times[index] ?? null, rank: tags.length - 1 - index }))
    .toReversed()
    .map(({ tag, time, rank }) => {
      next = time ?? next;
      return [tag.uuid, { rank, days: newest === null || next === null ? 0 : (newest - next) / dayMilliseconds }];
    });
}

/**
 * The times, with null for those that are wrong: a clock may have been ahead or behind for a while, so the largest set of
 * times that grow with the order counts (a longest non-decreasing subsequence).
 */
function timesInOrder(times: readonly number[]): (number | null)[] {
  const lengths: number[] = [];
  for (const [index, time] of times.entries()) {
    const before = lengths.filter((_, other) => (times[other] ?? Number.NaN) <= time);
    // No time compares with one that cannot be read.
    lengths[index] = Number.isNaN(time) ? 0 : Math.max(0, ...before) + 1;
  }
  let length = Math.max(0, ...lengths);
  let limit = Number.POSITIVE_INFINITY;
  const chosen: (number | null)[] = times.map(() => null);
  for (let index = times.length - 1; index >= 0 && length > 0; index--) {
    const time = times[index] ?? Number.NaN;
    if (lengths[index] !== length || !(time <= limit)) continue;
    [chosen[index], limit, length] = [time, time, length - 1];
  }
  return chosen;
}
