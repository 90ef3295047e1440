import type { ByteString } from '../../domain/bytes.ts';
import type { Numbers } from './assign-numbers.ts';
import type { Database, Three } from './databases.ts';
import type { AccountFile } from './read-accounts.ts';
import {
  emptyTable,
  linesOf,
  namesByNumber,
  numberField,
  primaryGroupField,
  type Row,
  renderTable,
  type Table,
  withRows,
} from './table.ts';

/** What a backup is made of. */
export type BackupInput = {
  readonly database: Database;
  readonly files: Three<AccountFile>;
  /** The file as ours has it, before the merge. */
  readonly ours: Table | null;
  /** The file as the result has it, and its content. */
  readonly result: Table;
  readonly content: ByteString;
  readonly numbers: { readonly users: Numbers; readonly groups: Numbers };
  /** The group database that the numbers in ours' backup go by. */
  readonly groups: Table | null;
};

/**
 * The backup that the result has of a file; null where it has none. A backup is the state before the last change on this
 * machine, kept to undo it; so it stays as ours has it, with the rows of the accounts that the image brings and with the
 * result's numbers: restored, it loses none of them and hands no file to another account. Where ours' cannot be restored
 * (it does not have root), or only the image has one, it is like the file itself.
 */
export function mergeBackup(input: BackupInput): ByteString | null {
  const { base, ours, theirs } = input.files;
  if (ours.content === null && (theirs.content === null || base.content !== null)) return null;
  if (ours.table === null || !ours.table.rows.has('root')) return input.content;
  const { lines, rows } = ours.table;
  const renumber = renumbering(input);
  const known = new Map([...rows].map(([name, row]) => [name, renumber(row)]));
  const isNewcomer = (name: ByteString): boolean => !rows.has(name) && input.ours?.rows.has(name) !== true;
  const newcomers = new Map([...input.result.rows].filter(([name]) => isNewcomer(name)));
  return renderTable(withRows({ lines, rows: known, repeated: [] }, newcomers));
}

function renumbering({ database, numbers, groups }: BackupInput): (row: Row) => Row {
  const names = namesByNumber(groups ?? emptyTable);
  const own = database === 'group' ? numbers.groups : numbers.users;
  return (row) => {
    if (database !== 'passwd' && database !== 'group') return row;
    const [name = ''] = row;
    const numbered = row.with(numberField, String(own.get(name) ?? row[numberField]));
    if (database === 'group') return numbered;
    const gid = numbers.groups.get(names.get(Number(row[primaryGroupField])) ?? '');
    return numbered.with(primaryGroupField, String(gid ?? row[primaryGroupField]));
  };
}

/** The backup of subuid or subgid: ours' with the lines of newcomers, else like the file itself; null where there is none. */
export function mergeSubordinateBackup(
  { base, ours, theirs }: Three<AccountFile>,
  content: ByteString,
  newcomers: readonly ByteString[],
): ByteString | null {
  if (ours.content === null) return theirs.content === null || base.content !== null ? null : content;
  const here = linesOf(ours.content);
  const isOf = (line: ByteString, name: ByteString): boolean => line.startsWith(`${name}:`);
  const missing = newcomers.filter((name) => !here.some((line) => isOf(line, name)));
  const added = linesOf(content).filter((line) => missing.some((name) => isOf(line, name)));
  return [...here, ...added].map((line) => `${line}\n`).join('');
}
