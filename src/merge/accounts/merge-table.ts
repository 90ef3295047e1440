import type { ByteString } from '../../domain/bytes.ts';
import type { Database, Three } from './databases.ts';
import { emptyTable, type Line, type Row, type Table, withRows } from './table.ts';

/** Fields of one row that all sides have differently; ours stays. */
export type Conflict = {
  readonly database: Database;
  readonly name: ByteString;
  readonly fields: readonly number[];
};

export type MergedTable = { readonly table: Table; readonly conflicts: readonly Conflict[] };

/** What a row of the result is; null where the result has none of that name. */
export type RowOf = (name: ByteString) => { readonly row: Row; readonly conflicts: readonly number[] } | null;

/**
 * Puts a table together: rows and other lines in ours' order (theirs' where ours has no such file), then the `names` that
 * are not among them. Lines that are no rows are merged three-way, each as a whole; blank ones are ours'.
 */
export function mergeTable(
  database: Database,
  tables: Three<Table | null>,
  names: readonly ByteString[],
  rowOf: RowOf,
): MergedTable {
  const skeleton = tables.ours ?? tables.theirs ?? emptyTable;
  const conflicts: Conflict[] = [];
  const rows = new Map<ByteString, Row>();
  for (const name of [...skeleton.rows.keys(), ...names]) {
    const merged = rows.has(name) ? null : rowOf(name);
    if (merged === null) continue;
    rows.set(name, merged.row);
    if (merged.conflicts.length > 0) conflicts.push({ database, name, fields: merged.conflicts });
  }
  const removed = removedTexts(tables);
  const kept = skeleton.lines.filter((line) => ('name' in line ? rows.has(line.name) : !removed.has(line.text)));
  const added = new Map([...rows].filter(([name]) => !skeleton.rows.has(name)));
  const table = withRows({ lines: kept, rows, repeated: [] }, added);
  return { table: { ...table, lines: [...table.lines, ...newTexts(tables, rows)] }, conflicts };
}

/** Lines that are no rows and that the image has no longer. */
function removedTexts({ base, theirs }: Three<Table | null>): ReadonlySet<ByteString> {
  return theirs === null ? new Set() : textsIn(base).difference(textsIn(theirs));
}

function newTexts({ base, ours, theirs }: Three<Table | null>, rows: Table['rows']): Line[] {
  if (ours === null || theirs === null) return [];
  const known = textsIn(base).union(textsIn(ours));
  // A malformed second row of an account says nothing of it, and would look like damage done here.
  const isTwin = (text: ByteString): boolean => [rows, theirs.rows].some((all) => all.has(text.split(':', 1)[0] ?? ''));
  return theirs.lines.filter(
    (line) => 'text' in line && line.text.trim() !== '' && !known.has(line.text) && !isTwin(line.text),
  );
}

/** The lines that are no rows, blank ones apart. */
function textsIn(table: Table | null): Set<ByteString> {
  const texts = (table?.lines ?? []).flatMap((line) => ('text' in line ? [line.text] : []));
  return new Set(texts.filter((text) => text.trim() !== ''));
}
