import type { ByteString } from '../../domain/bytes.ts';
import type { Numbers } from './assign-numbers.ts';
import { newGshadowRow } from './complete-tables.ts';
import { onEach, type Three } from './databases.ts';
import { type MergedTable, mergeTable } from './merge-table.ts';
import { isUnusable } from './merge-users.ts';
import { eachTable, rowsOf, type Tables } from './read-accounts.ts';
import type { Row, Table } from './table.ts';
import { mergeMembers, mergeRow } from './three-way.ts';

const passwordField = 1;
const administratorsField = 2;
const membersField = 3;

/** The table of group in the result, for the users that it has. */
export function mergeGroup(
  tables: Three<Tables>,
  names: readonly ByteString[],
  numbers: Numbers,
  users: Numbers,
): MergedTable {
  return mergeTable('group', eachTable(tables, 'group'), names, (name) => {
    const three = rowsOf(tables, 'group', name);
    const { row, conflicts } = mergeRow(three);
    return {
      row: [name, row[passwordField] ?? '', String(numbers.get(name)), members(three, membersField, tables, users)],
      conflicts: conflicts.filter((field) => field === passwordField),
    };
  });
}

/** The table of gshadow in the result: a row for each group of `group`, and no other. */
export function mergeGshadow(tables: Three<Tables>, group: Table, users: Numbers): MergedTable {
  return mergeTable('gshadow', eachTable(tables, 'gshadow'), [...group.rows.keys()], (name) => {
    const open = group.rows.get(name);
    if (open === undefined) return null;
    const three = rowsOf(tables, 'gshadow', name);
    if (three.ours === undefined && three.theirs === undefined) return { row: newGshadowRow(open), conflicts: [] };
    const { row, conflicts } = mergeRow(three);
    const lists = [administratorsField, membersField].map((field) => members(three, field, tables, users));
    return {
      row: [name, row[passwordField] ?? '', ...lists],
      conflicts: conflicts.filter((field) => field === passwordField && !isWithoutPassword(three)),
    };
  });
}

/** Whether neither side lets anybody but its members into the group (gshadow(5)): `!`, `*`, `!*` and nothing mean the same. */
function isWithoutPassword({ ours, theirs }: Three<Row | undefined>): boolean {
  return [ours, theirs].every((row) => row?.[passwordField] === '' || isUnusable(row?.[passwordField]));
}

/**
 * A list of members of the result. An account that the image no longer has keeps its groups as it keeps its row, and one
 * that was deleted on this machine joins none.
 */
function members(
  three: Three<Row | undefined>,
  field: number,
  { theirs: { passwd } }: Three<Tables>,
  users: Numbers,
): ByteString {
  const isTheirs = (name: ByteString): boolean => passwd?.rows.has(name) === true;
  return mergeMembers(
    onEach(three, (row) => row && (row[field] ?? '')),
    (name) => isTheirs(name) || !users.has(name),
    (name) => users.has(name) || !isTheirs(name),
  );
}
