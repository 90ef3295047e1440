import { accountNumbers } from '../../domain/reset.ts';
import type { JointInput } from '../joint-strategy.ts';
import { onEach, pathOf, type Three } from './databases.ts';
import type { AccountFile, AccountFiles } from './read-accounts.ts';
import {
  emptyTable,
  namesByNumber,
  numberField,
  numberOf,
  primaryGroupField,
  type Row,
  renderTable,
  type Table,
} from './table.ts';

/** Whether only the numbers of this machine's accounts are kept, and nothing else of them. */
export function keepsNumbersOnly({ ours, theirs }: Three<AccountFiles>, { verdictOf }: JointInput): boolean {
  return (['passwd', 'group'] as const).every(
    (database) =>
      verdictOf(pathOf(database)).strategy?.name === accountNumbers &&
      [ours, theirs].every(({ files }) => (files[database].table?.rows.size ?? 0) > 0),
  );
}

/**
 * The files as if this machine had the image's accounts and had changed nothing of them but the numbers: data that stays
 * belongs to whom it belonged (case 45). The numbers of accounts that go stay theirs, as in a backup of these files: nobody
 * who comes is given what they have left.
 */
export function withNumbersOnly(files: Three<AccountFiles>): Three<AccountFiles> {
  const { ours, theirs } = files;
  const before = { passwd: ours.files.passwd, group: ours.files.group };
  return onEach(files, (side, which) => {
    if (which === 'theirs') return theirs;
    const own = numberedAs(files, side);
    // What a backup of base says of numbers, nobody asks.
    return { files: { ...theirs.files, ...own }, backups: { ...theirs.backups, ...before } };
  });
}

/** The image's accounts that this machine has too, with the numbers of a side; those of the image where that has none. */
function numberedAs(
  { ours, theirs }: Three<AccountFiles>,
  side: AccountFiles,
): Record<'passwd' | 'group', AccountFile> {
  const table = (of: AccountFiles, database: 'passwd' | 'group'): Table => of.files[database].table ?? emptyTable;
  const [groups, users] = [table(side, 'group'), table(side, 'passwd')];
  const names = namesByNumber(table(theirs, 'group'), table(ours, 'group'));
  const numberIn = (there: Table, name: string, number: string): string => {
    const row = there.rows.get(name);
    return row === undefined ? number : String(numberOf(row));
  };
  const renumbered = (there: Table) => (name: string, row: Row) =>
    row.with(numberField, numberIn(there, name, row[numberField] ?? ''));
  const asUser = (name: string, row: Row): Row => {
    const gid = row[primaryGroupField] ?? '';
    const group = names.get(Number(gid));
    const known = group !== undefined && table(ours, 'group').rows.has(group);
    return renumbered(users)(name, row).with(primaryGroupField, known ? numberIn(groups, group, gid) : gid);
  };
  return {
    passwd: fileOf(shared(table(theirs, 'passwd'), table(ours, 'passwd'), asUser)),
    group: fileOf(shared(table(theirs, 'group'), table(ours, 'group'), renumbered(groups))),
  };
}

/** The image's table without the names that this machine does not have: those come to it. */
function shared(theirs: Table, ours: Table, make: (name: string, row: Row) => Row): Table {
  const known = [...theirs.rows].filter(([name]) => ours.rows.has(name));
  const rows = new Map(known.map(([name, row]) => [name, make(name, row)]));
  return { lines: theirs.lines.filter((line) => 'text' in line || rows.has(line.name)), rows, repeated: [] };
}

function fileOf(table: Table): AccountFile {
  return { content: renderTable(table), table, unreadable: false, damaged: false };
}
