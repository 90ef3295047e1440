import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import type { NumberMap } from '../../domain/owners.ts';
import type { Numbers } from './assign-numbers.ts';
import { type Database, pathOf } from './databases.ts';
import { list, type Note, noteOf } from './notes-of-rows.ts';
import type { Kind } from './number-ranges.ts';

const databaseOf = { users: 'passwd', groups: 'group' } as const;

/** Newcomers that cannot have the number that the image gives them. */
export function movedNotes(kind: Kind, moved: ReadonlyMap<ByteString, number>, numbers: Numbers): Note[] {
  const moves = [...moved].map(([name, number]) => `${displayBytes(name)} ${number} to ${numbers.get(name)}`);
  return noteOf(databaseOf[kind], moved.size, {
    kind: 'account-moved',
    severity: 'info',
    title: `New ${kind} of the image get other numbers, as theirs belong to others here: ${moves.join(', ')}`,
    detail: 'What belongs to them in the image follows',
    facts: moves,
  });
}

/** Accounts of both sides that the image numbers otherwise. */
export function reownedNotes(kind: Kind, names: readonly ByteString[]): Note[] {
  return noteOf(databaseOf[kind], names.length, {
    kind: 'account-number',
    severity: 'info',
    title: `The image has other numbers for these ${kind}; this machine's stay: ${list(names)}`,
    detail: 'What belongs to them in the image follows',
    facts: names,
  });
}

/** Numbers of the image that no account of it has and an account of this machine does. */
export function unnamedNotes(kind: Kind, unnamed: NumberMap): Note[] {
  const moves = [...unnamed].map(([from, to]) => `${from} to ${to}`);
  return noteOf(databaseOf[kind], unnamed.size, {
    kind: 'account-unnamed',
    severity: 'info',
    title: `Files of the image belong to numbers without an account there, which have one here: ${moves.join(', ')}`,
    detail: 'They get numbers that belong to nobody, so that they are not handed to that account',
    facts: moves,
  });
}

/** Accounts that were deleted here and stay all the same. */
export function neededNotes(kind: Kind, names: readonly ByteString[]): Note[] {
  return noteOf(databaseOf[kind], names.length, {
    kind: 'account-needed',
    severity: 'info',
    title: `Deleted here, but something in the image belongs to them, so they are there: ${list(names)}`,
    detail: `They are among the ${kind} as the image has them`,
    facts: names,
  });
}

export function subordinateNotes(
  database: Database,
  { moved, left }: { readonly moved: readonly ByteString[]; readonly left: readonly ByteString[] },
): Note[] {
  return [
    ...noteOf(database, moved.length, {
      kind: 'account-range',
      severity: 'info',
      title: `Ranges of the image in ${pathOf(database)} overlap those here and begin behind them: ${list(moved)}`,
      detail: 'The ranges of this machine stay as they are',
      facts: moved,
    }),
    ...noteOf(database, left.length, {
      kind: 'account-range-left',
      severity: 'warning',
      title: `There is no room for ranges of the image in ${pathOf(database)}: ${list(left)}`,
      detail: 'They are left out',
      facts: left,
    }),
  ];
}
