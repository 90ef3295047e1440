import type { ByteString } from '../../domain/bytes.ts';
import type { Three } from './databases.ts';
import { numberOf, type Row, type Table } from './table.ts';

/** Which names the result has besides those of ours, and why. */
export type Survivors = {
  /** Names of theirs that ours does not have, in theirs' order. */
  readonly newcomers: readonly ByteString[];
  /** Those of them that were deleted on this machine, and are needed all the same. */
  readonly needed: readonly ByteString[];
};

/** What may call back a name that was deleted on this machine. */
export type Claims = {
  /** Whether something in the image belongs to the number. */
  readonly owns: (number: number) => boolean;
  /** Whether the result cannot do without the name. */
  readonly wanted: (name: ByteString) => boolean;
};

/**
 * The names of users, or of groups, of the result: all that ours has, what theirs adds, and of those that were deleted on
 * this machine the ones that something in the image still belongs to. Root always is.
 */
export function survivorsOf({ base, ours, theirs }: Three<Table>, claims: Claims): Survivors {
  const damaged = new Set(ours.lines.flatMap((line) => ('text' in line ? [nameIn(line.text)] : [])));
  const candidates = [...theirs.rows.keys()].filter((name) => !ours.rows.has(name));
  const isDeleted = (name: ByteString): boolean => base.rows.has(name) && name !== 'root' && !damaged.has(name);
  const added = new Set(candidates.filter((name) => !isDeleted(name)));
  const numbers = new Set(
    [...theirs.rows].filter(([name]) => ours.rows.has(name) || added.has(name)).map(([, row]) => numberOf(row)),
  );
  // Where another name stands for the number too, the image's files need no second one.
  const isOwner = (row: Row): boolean => !numbers.has(numberOf(row)) && claims.owns(numberOf(row));
  const needed = candidates.filter((name) => {
    const row = theirs.rows.get(name);
    return !added.has(name) && row !== undefined && (claims.wanted(name) || isOwner(row));
  });
  const survives = new Set([...added, ...needed]);
  return { newcomers: candidates.filter((name) => survives.has(name)), needed };
}

function nameIn(text: ByteString): ByteString {
  return text.slice(0, Math.max(text.indexOf(':'), 0));
}
