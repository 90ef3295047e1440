import type { ByteString } from '../../domain/bytes.ts';
import type { Numbers } from './assign-numbers.ts';
import { newShadowRow } from './complete-tables.ts';
import { onEach, type Three } from './databases.ts';
import { type MergedTable, mergeTable } from './merge-table.ts';
import { eachTable, rowsOf, type Tables } from './read-accounts.ts';
import { emptyTable, namesByNumber, numberField, numberOf, primaryGroupField, type Row, type Table } from './table.ts';
import { mergeRow, mergeValue } from './three-way.ts';

const passwordField = 1;
const lastChangeField = 2;
const commentField = 4;

/** The primary group of each user by name, merged, and the users of whom all sides have another. */
export type PrimaryGroups = {
  readonly groups: ReadonlyMap<ByteString, ByteString>;
  readonly conflicts: ReadonlySet<ByteString>;
};

/** Primary groups are names: `#` and the number where no row of that side names it. */
export function mergePrimaryGroups(tables: Three<Tables>, users: readonly ByteString[]): PrimaryGroups {
  const named = onEach(tables, ({ group }) => namesByNumber(group ?? emptyTable, tables.ours.group ?? emptyTable));
  const groups = new Map<ByteString, ByteString>();
  const conflicts = new Set<ByteString>();
  const nameOf = (
    side: keyof Three<Tables>,
    row: Row | undefined,
    known: ByteString | undefined,
  ): ByteString | undefined => {
    const number = row?.[primaryGroupField];
    if (number === undefined) return undefined;
    // Where several groups share the number, the one that this machine knows the user in is meant.
    const same = known === undefined ? undefined : tables[side].group?.rows.get(known);
    if (known !== undefined && same !== undefined && numberOf(same) === Number(number)) return known;
    return named[side].get(Number(number)) ?? `#${number}`;
  };
  for (const user of users) {
    const rows = rowsOf(tables, 'passwd', user);
    const known = nameOf('ours', rows.ours, undefined);
    const merged = mergeValue(onEach(rows, (row, side) => nameOf(side, row, known)));
    groups.set(user, merged.value);
    if (merged.conflict) conflicts.add(user);
  }
  return { groups, conflicts };
}

/** The table of passwd in the result. */
export function mergePasswd(
  tables: Three<Tables>,
  names: readonly ByteString[],
  { users, groups, primary }: { readonly users: Numbers; readonly groups: Numbers; readonly primary: PrimaryGroups },
): MergedTable {
  return mergeTable('passwd', eachTable(tables, 'passwd'), names, (name) => {
    const three = rowsOf(tables, 'passwd', name);
    const { row, conflicts } = mergeRow(three);
    const comment = conflicts.includes(commentField) ? undisputedComment(three) : null;
    const group = primary.groups.get(name) ?? '';
    const gid = String(groups.get(group) ?? row[primaryGroupField]);
    const decided =
      comment === null ? [numberField, primaryGroupField] : [numberField, primaryGroupField, commentField];
    const disputed = conflicts.filter((field) => !decided.includes(field));
    return {
      row: row
        .with(numberField, String(users.get(name)))
        .with(primaryGroupField, gid)
        .map((value, field) => (field === commentField ? (comment ?? value) : value)),
      conflicts: primary.conflicts.has(name) ? [...disputed, primaryGroupField] : disputed,
    };
  });
}

/**
 * The comment of a user, where all sides differ in it but there is nothing to ask: old releases of adduser(8) end it with the
 * commas of fields that are empty, and where base is not known one that is empty here was given by nobody.
 */
function undisputedComment({ base, ours, theirs }: Three<Row | undefined>): ByteString | null {
  const [here, there] = [ours, theirs].map((row) => (row?.[commentField] ?? '').replace(/,+$/, ''));
  if (here === there) return ours?.[commentField] ?? '';
  return base === undefined && here === '' ? (theirs?.[commentField] ?? '') : null;
}

/** The table of shadow in the result: a row for each user of `passwd`, and no other. */
export function mergeShadow(tables: Three<Tables>, passwd: Table): MergedTable {
  return mergeTable('shadow', eachTable(tables, 'shadow'), [...passwd.rows.keys()], (name) => {
    const open = passwd.rows.get(name);
    return open === undefined ? null : mergeShadowRow(rowsOf(tables, 'shadow', name), open);
  });
}

function mergeShadowRow(three: Three<Row | undefined>, open: Row): ReturnType<typeof mergeRow> {
  const { base, ours, theirs } = three;
  if (ours === undefined && theirs === undefined) return { row: newShadowRow(open), conflicts: [] };
  const { row, conflicts } = mergeRow(three);
  // The date says when this password was set; building an image sets it anew, which nobody needs to hear of.
  const dated = ours !== undefined && ours[passwordField] !== base?.[passwordField];
  const date = dated ? ours[lastChangeField] : row[lastChangeField];
  // An image that gives no password disputes none of a user whom base does not know, nor another way to write that.
  const mute = isUnusable(theirs?.[passwordField]) && (base === undefined || isUnusable(ours?.[passwordField]));
  return {
    row: row.map((value, field) => (field === lastChangeField ? (date ?? '') : value)),
    conflicts: conflicts.filter((field) => field !== lastChangeField && !(mute && field === passwordField)),
  };
}

/** Whether no password can match: crypt(3) never makes what starts so. */
export function isUnusable(password: ByteString | undefined): boolean {
  return password === undefined || /^[!*]/.test(password);
}
