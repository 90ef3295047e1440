import type { ByteString } from '../../domain/bytes.ts';
import { type Database, databases, isKeyed, type Keyed, onEach, type Three } from './databases.ts';
import { mergeBackup, mergeSubordinateBackup } from './merge-backups.ts';
import { mergeGroup, mergeGshadow } from './merge-groups.ts';
import { mergeSubordinates, type OwnerOf } from './merge-subordinates.ts';
import type { MergedTable } from './merge-table.ts';
import { mergePasswd, mergeShadow } from './merge-users.ts';
import { subordinateNotes } from './notes-of-numbers.ts';
import { conflictNote, type Note } from './notes-of-rows.ts';
import type { NumberedAccounts } from './number-accounts.ts';
import type { AccountFiles, Tables } from './read-accounts.ts';
import { linesOf, namesByNumber, renderTable } from './table.ts';

export type AccountsToMerge = {
  readonly files: Three<AccountFiles>;
  readonly tables: Three<Tables>;
  readonly numbered: NumberedAccounts;
};

/** The contents of a file and of its backup in the result; the backup is null where there is none. */
export type MergedFile = {
  readonly content: ByteString;
  readonly backup: ByteString | null;
  readonly notes: readonly Note[];
};

/** Merges those databases of `left` that ours or theirs has. */
export function mergeAccounts(input: AccountsToMerge, left: ReadonlySet<Database>): ReadonlyMap<Database, MergedFile> {
  const { ours, theirs } = input.files;
  const there = databases.filter(
    (database) => left.has(database) && (ours.files[database].content ?? theirs.files[database].content) !== null,
  );
  const merged = mergeTables(input);
  return new Map(
    there.map((database) => [
      database,
      isKeyed(database) ? fileOf(input, database, merged[database]) : mergeSubordinateFile(input, database),
    ]),
  );
}

function mergeTables({ tables, numbered }: AccountsToMerge): Record<Keyed, MergedTable> {
  const users = numbered.users.numbers;
  const groups = numbered.groups.numbers;
  const passwd = mergePasswd(tables, [...users.keys()], { users, groups, primary: numbered.primary });
  const group = mergeGroup(tables, [...groups.keys()], groups, users);
  return {
    passwd,
    shadow: mergeShadow(tables, passwd.table),
    group,
    gshadow: mergeGshadow(tables, group.table, users),
  };
}

function fileOf({ files, tables, numbered }: AccountsToMerge, database: Keyed, merged: MergedTable): MergedFile {
  const content = inOrder(files, database, renderTable(merged.table));
  const backup = mergeBackup({
    database,
    files: onEach(files, ({ backups }) => backups[database]),
    ours: files.ours.files[database].table,
    result: merged.table,
    content,
    numbers: { users: numbered.users.numbers, groups: numbered.groups.numbers },
    groups: files.ours.backups.group.table ?? tables.ours.group,
  });
  return { content, backup, notes: merged.conflicts.map(conflictNote) };
}

/** Where this machine did not touch the file and the rows are theirs', their order is too. */
function inOrder({ base, ours, theirs }: Three<AccountFiles>, database: Database, content: ByteString): ByteString {
  const there = theirs.files[database].content;
  if (there === null || ours.files[database].content !== base.files[database].content) return content;
  const sorted = (text: ByteString): ByteString => linesOf(text).toSorted().join('\n');
  return sorted(there) === sorted(content) ? there : content;
}

function mergeSubordinateFile(input: AccountsToMerge, database: Exclude<Database, Keyed>): MergedFile {
  const contents = onEach(input.files, ({ files }) => files[database].content);
  const { content, newcomers, moved, left } = mergeSubordinates(contents, ownerOf(input));
  const backups = onEach(input.files, (side) => side.backups[database]);
  return {
    content,
    backup: mergeSubordinateBackup(backups, content, newcomers),
    notes: subordinateNotes(database, { moved, left }),
  };
}

/** Owners of ranges are names, or numbers of users; names that passwd does not have may come from a directory service. */
function ownerOf({ tables, numbered }: AccountsToMerge): OwnerOf {
  const { passwd } = tables.theirs;
  const byNumber = passwd === null ? new Map<number, ByteString>() : namesByNumber(passwd);
  const { numbers } = numbered.users;
  return (owner) => {
    const user = passwd?.rows.has(owner) === true ? owner : byNumber.get(/^[0-9]+$/.test(owner) ? Number(owner) : -1);
    if (user === undefined) return owner;
    const number = numbers.get(user);
    if (number === undefined) return null;
    return user === owner ? owner : String(number);
  };
}
