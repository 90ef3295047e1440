import type { ByteString } from '../../domain/bytes.ts';
import { withPrimaryGroups, withShadowRows } from './complete-tables.ts';
import { type Database, isKeyed, onEach, type Three } from './databases.ts';
import { damagedNotes, madeGroupNotes, type Note, orphanNotes, repeatedNotes } from './notes-of-rows.ts';
import { type AccountFiles, type Tables, tablesOf } from './read-accounts.ts';
import { emptyTable, type Table } from './table.ts';

/** The tables of all sides in one form, and what is to be said of them. */
export type Prepared = { readonly tables: Three<Tables>; readonly notes: readonly Note[] };

/**
 * Brings the tables of all sides into one form: a side without any user, or any group, is read with those of another; every
 * primary group has a row; passwords are in shadow where the result has it. `left` are the databases that are merged.
 */
export function prepareTables(files: Three<AccountFiles>, left: ReadonlySet<Database>): Prepared {
  const raw = onEach(files, tablesOf);
  const has = {
    shadow: left.has('shadow') && isThere(raw, 'shadow'),
    gshadow: left.has('gshadow') && isThere(raw, 'gshadow'),
  };
  const whole = substitute(substitute(raw, 'passwd'), 'group');
  const grouped = onEach(whole, withPrimaryGroups);
  const tables = onEach(grouped, (side) => withShadowRows(side, has));
  const notes = [...left].flatMap((database) => [
    ...damagedNotes(database, isDamaged(raw, database)),
    ...repeatedNotes(
      database,
      namesOnBoth(raw, (side) => repeatedIn(side, database)),
    ),
    ...orphanNotes(
      database,
      namesOnBoth(raw, (side) => orphansOf(side, database)),
    ),
  ]);
  return { tables, notes: left.has('group') ? [...notes, ...madeGroupNotes(madeGroups(whole, grouped))] : notes };
}

/** Whether ours or theirs has the file. */
export function isThere({ ours, theirs }: Three<Tables>, database: Database): boolean {
  return ours[database] !== null || theirs[database] !== null;
}

function rowsIn(tables: Tables, database: Database): number {
  return tables[database]?.rows.size ?? 0;
}

/** The numbers of this machine are those of the image that it was made from, so the old image stands in before the new. */
function substitute(tables: Three<Tables>, database: 'passwd' | 'group'): Three<Tables> {
  const { base, ours, theirs } = tables;
  if (rowsIn(ours, database) + rowsIn(theirs, database) === 0) return tables;
  const firstOf = (...candidates: readonly Tables[]): Table | null =>
    candidates.find((side) => rowsIn(side, database) > 0)?.[database] ?? null;
  return {
    base,
    ours: { ...ours, [database]: firstOf(ours, base, theirs) },
    theirs: { ...theirs, [database]: firstOf(theirs, ours, base) },
  };
}

function isDamaged({ base, ours, theirs }: Three<Tables>, database: Database): boolean {
  if (database !== 'passwd' && database !== 'group') return false;
  const was = rowsIn(base, database) > 0 || ours[database] !== null;
  return was && rowsIn(ours, database) === 0 && rowsIn(theirs, database) > 0;
}

const accountsOf: Readonly<Partial<Record<Database, 'passwd' | 'group'>>> = { shadow: 'passwd', gshadow: 'group' };

function orphansOf(tables: Tables, database: Database): ByteString[] {
  const accounts = accountsOf[database];
  if (accounts === undefined || rowsIn(tables, accounts) === 0) return [];
  const known = tables[accounts] ?? emptyTable;
  return namesOf(tables[database]).filter((name) => !known.rows.has(name));
}

function repeatedIn(tables: Tables, database: Database): readonly ByteString[] {
  return isKeyed(database) ? (tables[database]?.repeated ?? []) : [];
}

function madeGroups(before: Three<Tables>, after: Three<Tables>): ByteString[] {
  return namesOf(after.ours.group).filter((name) => before.ours.group?.rows.has(name) !== true);
}

function namesOf(table: Table | null): ByteString[] {
  return [...(table ?? emptyTable).rows.keys()];
}

function namesOnBoth({ ours, theirs }: Three<Tables>, namesIn: (side: Tables) => readonly ByteString[]): ByteString[] {
  return [...new Set([...namesIn(ours), ...namesIn(theirs)])];
}
