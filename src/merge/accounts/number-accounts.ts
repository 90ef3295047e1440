import type { ByteString } from '../../domain/bytes.ts';
import { type NumberMap, noOwnerMaps, type OwnerMaps } from '../../domain/owners.ts';
import type { TreeView } from '../joint-strategy.ts';
import { assignNumbers, type Free, type Numbered, type Numbering } from './assign-numbers.ts';
import { onEach, type Three } from './databases.ts';
import { mergePrimaryGroups, type PrimaryGroups } from './merge-users.ts';
import { movedNotes, neededNotes, reownedNotes, unnamedNotes } from './notes-of-numbers.ts';
import { type Note, rootNotes } from './notes-of-rows.ts';
import { type Kind, rangesOf } from './number-ranges.ts';
import { type Mapped, mapNumbers } from './owner-maps.ts';
import { type AccountFiles, eachTable, type Tables } from './read-accounts.ts';
import { type Survivors, survivorsOf } from './survivors.ts';
import { emptyTable, numberOf, type Table } from './table.ts';

const databaseOf = { users: 'passwd', groups: 'group' } as const;

/** What says who is who in the result. */
export type NumberedAccounts = {
  readonly users: Numbered;
  readonly groups: Numbered;
  readonly primary: PrimaryGroups;
  readonly owners: OwnerMaps;
  readonly notes: readonly Note[];
};

export type AccountsToNumber = {
  readonly files: Three<AccountFiles>;
  readonly tables: Three<Tables>;
  readonly view: TreeView;
  /** The table that the result has of users or groups that are not merged; null where they are. */
  readonly settled: Readonly<Record<Kind, Table | null>>;
  /** Numbers that something that is carried belongs to. */
  readonly carried: Readonly<Record<Kind, ReadonlySet<number>>>;
};

/** Decides which accounts the result has, their numbers, and what the numbers of the trees become. */
export function numberAccounts(input: AccountsToNumber): NumberedAccounts {
  const users = survivors(input, 'users', new Set());
  const primary = mergePrimaryGroups(input.tables, [
    ...(input.tables.ours.passwd?.rows.keys() ?? []),
    ...users.newcomers,
  ]);
  const groups = survivors(input, 'groups', new Set(primary.groups.values()));
  const numbered = assignNumbers(
    { users: numberingOf(input, 'users', users), groups: numberingOf(input, 'groups', groups) },
    freeNumbers(input),
  );
  const mapped = { users: mapOf(input, 'users', numbered), groups: mapOf(input, 'groups', numbered) };
  const notes = [
    ...rootNotes(input.settled.users === null && users.newcomers.includes('root')),
    ...notesOf(input, 'users', users, numbered.users, mapped.users),
    ...notesOf(input, 'groups', groups, numbered.groups, mapped.groups),
  ];
  const owners = onEach(noOwnerMaps, (_, side) => ({
    users: mapped.users.maps[side],
    groups: mapped.groups.maps[side],
  }));
  return { ...numbered, primary, owners, notes };
}

function tablesOfKind({ tables }: AccountsToNumber, kind: Kind): Three<Table> {
  return onEach(eachTable(tables, databaseOf[kind]), (table) => table ?? emptyTable);
}

function survivors(input: AccountsToNumber, kind: Kind, wanted: ReadonlySet<ByteString>): Survivors {
  if (input.settled[kind] !== null) return { newcomers: [], needed: [] };
  // A group that was made up for base was never there to be deleted.
  const base = input.files.base.files[databaseOf[kind]].table ?? emptyTable;
  return survivorsOf(
    { ...tablesOfKind(input, kind), base },
    {
      owns: (number) => input.view.owners('theirs')[kind].has(number),
      wanted: (name) => wanted.has(name),
    },
  );
}

function numberingOf(input: AccountsToNumber, kind: Kind, { newcomers }: Survivors): Numbering {
  const settled = input.settled[kind];
  if (settled !== null) return { ours: settled, theirs: emptyTable, newcomers, reserved: new Set() };
  const { base, ours, theirs } = tablesOfKind(input, kind);
  const backup = input.files.ours.backups[databaseOf[kind]].table ?? emptyTable;
  const gone = [...backup.rows].filter(([name]) => !ours.rows.has(name) && !newcomers.includes(name));
  // What an account left behind that was deleted here, and comes back, is its own again.
  const back = new Set(newcomers.map((name) => numberOf(base.rows.get(name) ?? [])));
  const left = input.carried[kind].difference(back);
  return { ours, theirs, newcomers, reserved: left.union(new Set(gone.map(([, row]) => numberOf(row)))) };
}

function freeNumbers(input: AccountsToNumber): Free {
  const { view } = input;
  const setting = (path: string): ByteString => view.content('theirs', path) ?? view.content('ours', path) ?? '';
  return {
    ranges: (kind) => rangesOf(kind, setting('/etc/login.defs'), setting('/etc/adduser.conf')),
    taken: (kind) => accountNumbers(input, kind).union(view.owners('ours')[kind]).union(view.owners('theirs')[kind]),
  };
}

/** The numbers that some account of some tree has, or had before the last change on this machine. */
function accountNumbers(input: AccountsToNumber, kind: Kind): ReadonlySet<number> {
  const { base, ours, theirs } = tablesOfKind(input, kind);
  const backup = input.files.ours.backups[databaseOf[kind]].table ?? emptyTable;
  return new Set([base, ours, theirs, backup].flatMap(({ rows }) => [...rows.values()].map(numberOf)));
}

function mapOf(input: AccountsToNumber, kind: Kind, numbered: Record<Kind, Numbered>): Mapped {
  return mapNumbers({
    tables: tablesOfKind(input, kind),
    numbers: numbered[kind].numbers,
    owners: (side) => input.view.owners(side)[kind],
    taken: accountNumbers(input, kind),
  });
}

function notesOf(
  input: AccountsToNumber,
  kind: Kind,
  { needed }: Survivors,
  numbered: Numbered,
  mapped: Mapped,
): Note[] {
  return [
    ...neededNotes(kind, needed),
    ...movedNotes(kind, numbered.moved, numbered.numbers),
    ...reownedNotes(kind, reowned(tablesOfKind(input, kind), mapped.maps.theirs, numbered)),
    ...unnamedNotes(kind, mapped.unnamed),
  ];
}

/** Names of both sides whose number in theirs is another one. */
function reowned({ ours, theirs }: Three<Table>, map: NumberMap, { numbers }: Numbered): ByteString[] {
  const isMapped = (name: ByteString, number: number): boolean =>
    map.has(number) && map.get(number) === numbers.get(name);
  return [...theirs.rows]
    .filter(([name, row]) => ours.rows.has(name) && isMapped(name, numberOf(row)))
    .map(([name]) => name);
}
