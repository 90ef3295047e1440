import type { ByteString } from '../../domain/bytes.ts';
import type { Three } from './databases.ts';
import { largestNumber, linesOf, parseRow } from './table.ts';

type Line = { readonly text: ByteString; readonly range: Range | null };
/** Subordinate numbers of a user: `count` of them from `start` on. */
type Range = { readonly owner: ByteString; readonly start: number; readonly count: number };

export type MergedSubordinates = {
  readonly content: ByteString;
  readonly newcomers: readonly ByteString[];
  /** Owners of ranges of theirs that had to move, and of those for which there was no room. */
  readonly moved: readonly ByteString[];
  readonly left: readonly ByteString[];
};

/** Who owns a range in the result, by the owner that theirs names; null where the result has no such user. */
export type OwnerOf = (owner: ByteString) => ByteString | null;

/**
 * Merges subuid or subgid: what ours has stays as it is, since containers' files bear these numbers. Owners that only the
 * image knows come with their ranges, behind all others where they overlap one. What was deleted here stays deleted.
 */
export function mergeSubordinates(contents: Three<ByteString | null>, ownerOf: OwnerOf): MergedSubordinates {
  const [base, ours, theirs] = [parse(contents.base), parse(contents.ours), parse(contents.theirs)];
  const known = new Set([...base, ...ours].flatMap(({ range }) => range?.owner ?? []));
  const wanted = theirs.flatMap(({ range }) => {
    const owner = range === null ? null : ownerOf(range.owner);
    return range === null || owner === null || known.has(owner) ? [] : [{ ...range, owner }];
  });
  const placed = ours.flatMap(({ range }) => range ?? []);
  const count = placed.length;
  const moved = new Set<ByteString>();
  const left = new Set<ByteString>();
  for (const range of wanted) {
    const start = overlaps(range, placed) ? endOf(placed) : range.start;
    const fits = start + range.count - 1 <= largestNumber;
    if (fits) placed.push({ ...range, start });
    if (!fits) left.add(range.owner);
    else if (start !== range.start) moved.add(range.owner);
  }
  const added = placed.slice(count);
  const texts = theirs.filter(
    (line) => line.range === null && (contents.ours === null || isNew(line.text, base, ours)),
  );
  const lines = [...ours, ...texts].map(({ text }) => text).concat(added.map(render));
  return {
    content: lines.map((line) => `${line}\n`).join(''),
    newcomers: [...new Set(added.map(({ owner }) => owner))],
    moved: [...moved],
    left: [...left],
  };
}

function render({ owner, start, count }: Range): ByteString {
  return `${owner}:${start}:${count}`;
}

function parse(content: ByteString | null): Line[] {
  return linesOf(content ?? '').map((text) => {
    const row = parseRow('subuid', text);
    if (row === null) return { text, range: null };
    return { text, range: { owner: row.name, start: Number(row.fields[1]), count: Number(row.fields[2]) } };
  });
}

function isNew(text: ByteString, base: readonly Line[], ours: readonly Line[]): boolean {
  return text.trim() !== '' && ![...base, ...ours].some((line) => line.text === text);
}

function overlaps({ start, count }: Range, placed: readonly Range[]): boolean {
  return placed.some((other) => start < other.start + other.count && other.start < start + count);
}

function endOf(ranges: readonly Range[]): number {
  return ranges.reduce((end, { start, count }) => Math.max(end, start + count), 0);
}
