import type { ByteString } from '../../domain/bytes.ts';
import { ownersOf } from '../../domain/owners.ts';
import type { RootPath } from '../../domain/path.ts';
import {
  isLeftTo,
  type JointDecision,
  type JointInput,
  type JointOutcome,
  type JointStrategy,
} from '../joint-strategy.ts';
import { backupOf, type Database, databases, onEach, pathOf, type Three } from './databases.ts';
import { keepsNumbersOnly, withNumbersOnly } from './keep-numbers.ts';
import { type MergedFile, mergeAccounts } from './merge-accounts.ts';
import { homeNotes } from './notes-of-homes.ts';
import { itemOfNote, type Note, unreadableNotes } from './notes-of-rows.ts';
import { numberAccounts } from './number-accounts.ts';
import type { Kind } from './number-ranges.ts';
import { prepareTables } from './prepare-tables.ts';
import { type AccountFiles, eachFile, isUntouched, readAccounts } from './read-accounts.ts';
import { type SettledFile, settleFile } from './settled-file.ts';

/**
 * Merges passwd, shadow, group, gshadow, subuid, subgid and their backups as one unit, row by row and field by field, and
 * says what the trees' numbers of owners become (cases 43 to 51). The machine's number wins for every account that it has.
 */
export const accounts: JointStrategy = { name: 'accounts', decide };

const nothing: JointOutcome = { decided: new Map(), items: [], owners: null };

function decide(input: JointInput): JointOutcome {
  const read = readAccounts(input.view);
  const hasAccounts = [read.ours, read.theirs].some((side) => (side.files.passwd.table?.rows.size ?? 0) > 0);
  if (!hasAccounts) return nothing;
  const isNumbersOnly = keepsNumbersOnly(read, input);
  const files = isNumbersOnly ? withNumbersOnly(read) : read;
  const left: ReadonlySet<Database> = isNumbersOnly ? new Set(['passwd', 'group']) : leftDatabases(files, input);
  const { tables, notes } = prepareTables(files, left);
  const settle = (database: Database): SettledFile | null =>
    left.has(database) ? null : settleFile(eachFile(files, database), database, input);
  const settled = { passwd: settle('passwd'), group: settle('group') };
  const numbered = numberAccounts({
    files,
    tables,
    view: input.view,
    settled: { users: settled.passwd?.table ?? null, groups: settled.group?.table ?? null },
    carried: ownersOfCarried(input),
  });
  const merged = mergeAccounts({ files, tables, numbered }, left);
  const stays = isNumbersOnly ? read.theirs.files.passwd : settled.passwd;
  const all = [
    ...unreadableOf(files, input),
    ...notes,
    ...numbered.notes,
    ...homeNotes(read.ours.files.passwd.table, stays?.table ?? null, input),
    ...[...merged.values()].flatMap((file) => file.notes),
  ];
  return {
    decided: new Map([
      ...settledDecisions(settled),
      ...(isAsTheirs(files, merged, isNumbersOnly) ? [] : decisionsOn(files, merged, input, isNumbersOnly)),
    ]),
    items: [
      ...all.map((note) => itemOfNote(note, input.settle)),
      ...Object.values(settled).flatMap((file) => file?.items ?? []),
    ],
    owners: numbered.owners,
  };
}

/** Who owns what is carried from this machine. */
function ownersOfCarried({ facts, verdictOf }: JointInput): Record<Kind, ReadonlySet<number>> {
  const owners = { users: new Set<number>(), groups: new Set<number>() };
  for (const { path, role, ours } of facts) {
    if (role === 'context' || ours === null || verdictOf(path).verb === 'ignore') continue;
    const { users, groups } = ownersOf(ours);
    for (const user of users) owners.users.add(user);
    for (const group of groups) owners.groups.add(group);
  }
  return owners;
}

/** The databases to merge: each goes with its accounts, and the groups with the users. */
function leftDatabases({ ours, theirs }: Three<AccountFiles>, { verdictOf }: JointInput): ReadonlySet<Database> {
  const isLeft = (database: Database): boolean =>
    isLeftTo(verdictOf(pathOf(database)), 'accounts') &&
    !ours.files[database].unreadable &&
    !theirs.files[database].unreadable;
  if (!isLeft('passwd')) return new Set();
  return new Set(databases.filter((database) => isLeft(database) && (database !== 'gshadow' || isLeft('group'))));
}

function unreadableOf({ ours, theirs }: Three<AccountFiles>, { verdictOf }: JointInput): Note[] {
  return databases.flatMap((database) =>
    unreadableNotes(
      database,
      isLeftTo(verdictOf(pathOf(database)), 'accounts') &&
        (ours.files[database].unreadable || theirs.files[database].unreadable),
    ),
  );
}

function settledDecisions(
  settled: Readonly<Partial<Record<Database, SettledFile | null>>>,
): [RootPath, JointDecision][] {
  return databases.flatMap((database) => {
    const decision = settled[database]?.decision ?? null;
    return decision === null ? [] : [[pathOf(database), decision]];
  });
}

/** A machine that is untouched, or is to be so, and whose accounts are those of the image needs no decision. */
function isAsTheirs(files: Three<AccountFiles>, merged: ReadonlyMap<Database, MergedFile>, isReset: boolean): boolean {
  return (
    (isReset || isUntouched(files)) &&
    [...merged].every(([database, { content }]) => content === files.theirs.files[database].content)
  );
}

function decisionsOn(
  files: Three<AccountFiles>,
  merged: ReadonlyMap<Database, MergedFile>,
  { verdictOf }: JointInput,
  isReset: boolean,
): ReadonlyMap<RootPath, JointDecision> {
  const decided = new Map<RootPath, JointDecision>();
  const reason = isReset
    ? 'the accounts of the image, with the numbers that they have here'
    : 'accounts are merged row by row';
  for (const [database, { content, backup }] of merged) {
    decided.set(pathOf(database), { node: 'content', content, reason });
    const decision = decisionOnBackup(files, database, backup);
    if (decision !== null && isLeftTo(verdictOf(backupOf(database)), 'accounts')) {
      decided.set(backupOf(database), decision);
    }
  }
  return decided;
}

function decisionOnBackup(
  files: Three<AccountFiles>,
  database: Database,
  content: ByteString | null,
): JointDecision | null {
  const { ours, theirs } = onEach(files, (side) => side.backups[database]);
  if (ours.unreadable || theirs.unreadable) return null;
  const reason = 'the state before the last change here, with the accounts of the image';
  if (content !== null) return { node: 'content', content, reason };
  return theirs.content === null ? null : { node: 'absent', reason: 'deleted here' };
}
