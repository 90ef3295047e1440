import type { ByteString } from '../../domain/bytes.ts';
import { freeNumber, type Kind, type Ranges } from './number-ranges.ts';
import { numberOf, primaryGroupField, type Row, type Table } from './table.ts';

/** What giving numbers to the users, or to the groups, of the result depends on. */
export type Numbering = {
  readonly ours: Table;
  readonly theirs: Table;
  /** Names of theirs that the result has and ours does not. */
  readonly newcomers: readonly ByteString[];
  /**
   * Numbers of accounts that only a backup of ours has, as restoring it must not give two accounts one number; and of what
   * is carried, as what an account left behind must not be handed to a newcomer.
   */
  readonly reserved: ReadonlySet<number>;
};

/** What it takes to find a free number; asked only where a newcomer has to move. */
export type Free = {
  readonly ranges: (kind: Kind) => Ranges;
  /** Numbers that some account of some tree has, or that something in ours or theirs belongs to. */
  readonly taken: (kind: Kind) => ReadonlySet<number>;
};

export type Numbers = ReadonlyMap<ByteString, number>;

/** The number of each name of the result, and of the newcomers that had to move the number that theirs gives them. */
export type Numbered = { readonly numbers: Numbers; readonly moved: ReadonlyMap<ByteString, number> };

/**
 * Gives every user and group of the result its number: the machine's where it knows the name, else the image's, else, where
 * that belongs to another account of the machine, a free one. Names that share a number in theirs still share one. A
 * newcomer whose user and group of one number both have to move gets one number for both, if one is free.
 */
export function assignNumbers(numbering: Record<Kind, Numbering>, free: Free): Record<Kind, Numbered> {
  const moving = { users: movingNumbers(numbering.users), groups: movingNumbers(numbering.groups) };
  const moves = { users: new Map<number, number>(), groups: new Map<number, number>() };
  if (moving.users.size + moving.groups.size > 0) {
    const picker = pickerOf(free);
    for (const number of moving.users) {
      if (!moving.groups.has(number) || !hasOwnGroup(numbering.users, number)) continue;
      const both = picker.pick(['users', 'groups'], number);
      moves.users.set(number, both);
      moves.groups.set(number, both);
    }
    for (const kind of ['users', 'groups'] as const) {
      const alone = [...moving[kind]].filter((number) => !moves[kind].has(number));
      for (const number of alone) moves[kind].set(number, picker.pick([kind], number));
    }
  }
  return { users: numbered(numbering.users, moves.users), groups: numbered(numbering.groups, moves.groups) };
}

/** The numbers of theirs that newcomers have and cannot keep. Number 0 is root's, whatever its name. */
function movingNumbers(numbering: Numbering): Set<number> {
  const held = new Set([...[...numbering.ours.rows.values()].map(numberOf), ...numbering.reserved]);
  const known = knownSharers(numbering);
  const numbers = numbering.newcomers.map((name) => theirNumber(numbering, name));
  return new Set(numbers.filter((number) => number !== 0 && held.has(number) && !known.has(number)));
}

/** For each number of theirs the machine's number of the first name there that ours has too. */
function knownSharers({ ours, theirs }: Numbering): Map<number, number> {
  const known = new Map<number, number>();
  for (const [name, row] of theirs.rows) {
    const here = ours.rows.get(name);
    if (here !== undefined && !known.has(numberOf(row))) known.set(numberOf(row), numberOf(here));
  }
  return known;
}

function theirNumber({ theirs }: Numbering, name: ByteString): number {
  return numberOf(theirs.rows.get(name) ?? []);
}

function hasOwnGroup({ theirs, newcomers }: Numbering, number: number): boolean {
  const isOwn = (row: Row | undefined): boolean =>
    row !== undefined && numberOf(row) === number && Number(row[primaryGroupField]) === number;
  return newcomers.some((name) => isOwn(theirs.rows.get(name)));
}

function numbered(numbering: Numbering, moves: ReadonlyMap<number, number>): Numbered {
  const known = knownSharers(numbering);
  const moved = new Map<ByteString, number>();
  const numbers = new Map([...numbering.ours.rows].map(([name, row]) => [name, numberOf(row)]));
  for (const name of numbering.newcomers) {
    const number = theirNumber(numbering, name);
    const result = known.get(number) ?? moves.get(number) ?? number;
    numbers.set(name, result);
    if (moves.has(number)) moved.set(name, number);
  }
  return { numbers, moved };
}

function pickerOf(free: Free): { pick: (kinds: readonly Kind[], number: number) => number } {
  const taken = { users: new Set(free.taken('users')), groups: new Set(free.taken('groups')) };
  return {
    pick(kinds, number) {
      const [kind = 'users'] = kinds;
      const ranges = free.ranges(kind);
      const avoid = kinds.reduce((all, one) => all.union(taken[one]), new Set<number>());
      const found = freeNumber(ranges, number < ranges.ordinary[0], avoid);
      for (const one of kinds) taken[one].add(found);
      return found;
    },
  };
}
