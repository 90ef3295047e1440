import type { ByteString } from '../../domain/bytes.ts';
import type { Three } from './databases.ts';
import type { Row } from './table.ts';

type Merged = { readonly value: ByteString; readonly conflict: boolean };

/** Merges one value; `undefined` where that side has none. Where all differ ours stays, and it is a conflict. */
export function mergeValue({ base, ours, theirs }: Three<ByteString | undefined>): Merged {
  if (ours === undefined) return { value: theirs ?? '', conflict: false };
  if (theirs === undefined || ours === theirs || theirs === base) return { value: ours, conflict: false };
  if (ours === base) return { value: theirs, conflict: false };
  return { value: ours, conflict: true };
}

/** A row field by field; `conflicts` are the fields that all sides have differently. */
export function mergeRow(three: Three<Row | undefined>): { readonly row: Row; readonly conflicts: readonly number[] } {
  const { base, ours, theirs } = three;
  if (ours === undefined || theirs === undefined) return { row: ours ?? theirs ?? [], conflicts: [] };
  const length = Math.max(ours.length, theirs.length);
  const merged = Array.from({ length }, (_, field) =>
    mergeValue({ base: base && (base[field] ?? ''), ours: ours[field] ?? '', theirs: theirs[field] ?? '' }),
  );
  return {
    row: merged.map(({ value }) => value),
    conflicts: merged.flatMap(({ conflict }, field) => (conflict ? [field] : [])),
  };
}

/**
 * Merges lists of names as sets, in ours' order, what theirs adds last. `mayLeave` says whether theirs leaving a name out
 * means anything, `mayJoin` whether a name that theirs adds may be there.
 */
export function mergeMembers(
  { base, ours, theirs }: Three<ByteString | undefined>,
  mayLeave: (name: ByteString) => boolean,
  mayJoin: (name: ByteString) => boolean,
): ByteString {
  const was = membersOf(base);
  const here = membersOf(ours);
  const there = membersOf(theirs);
  const left = (name: ByteString): boolean =>
    theirs !== undefined && was.has(name) && !there.has(name) && mayLeave(name);
  const joins = (name: ByteString): boolean =>
    !here.has(name) && (ours === undefined || !was.has(name)) && mayJoin(name);
  return [...[...here].filter((name) => !left(name)), ...[...there].filter(joins)].join(',');
}

function membersOf(list: ByteString | undefined): ReadonlySet<ByteString> {
  return new Set((list ?? '').split(',').filter((name) => name !== ''));
}
