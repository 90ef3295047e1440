import type { ByteString } from '../../domain/bytes.ts';
import type { NumberMap } from '../../domain/owners.ts';
import type { Numbers } from './assign-numbers.ts';
import { onEach, type Three } from './databases.ts';
import { spareNumber } from './number-ranges.ts';
import { namesByNumber, numberOf, type Table } from './table.ts';

/** What the numbers of the trees become, users and groups apart. */
export type Mapping = {
  readonly tables: Three<Table>;
  readonly numbers: Numbers;
  /** Numbers that something in that tree belongs to; asked only where some number of it changes anyway. */
  readonly owners: (side: 'ours' | 'theirs') => ReadonlySet<number>;
  /** Numbers that some account of some tree has. */
  readonly taken: ReadonlySet<number>;
};

export type Mapped = {
  readonly maps: Three<NumberMap>;
  /** Numbers without a name that would have come to stand for an account, and what they become. */
  readonly unnamed: NumberMap;
};

/**
 * Maps every number that has a name to the number of that name in the result. A number whose name the result does not have
 * is not handed to the account that now has it: it becomes one that stands for nobody. So does a number that has no name
 * in a tree, where any number of that tree changes; where none does, it stands for whom it stands on every machine with
 * this image and that account, and finding it would take a walk through the whole tree.
 */
export function mapNumbers({ tables, numbers, owners, taken }: Mapping): Mapped {
  const names = onEach(tables, (table) => namesByNumber(table));
  const held = new Set(numbers.values());
  const spares = spareNumbers(taken);
  const named = onEach(tables, (table) => mapNamed(table, numbers, held, spares));
  const unnamedOf = (side: 'ours' | 'theirs'): Map<number, number> => {
    const found = named[side].size === 0 ? [] : [...owners(side)];
    const lost = found.filter((number) => !names[side].has(number) && held.has(number));
    return new Map(lost.map((number) => [number, spares(`#${number}`)]));
  };
  const [ours, theirs] = [unnamedOf('ours'), unnamedOf('theirs')];
  const base = [...ours, ...theirs].filter(([number]) => !names.base.has(number));
  return {
    maps: {
      base: new Map([...named.base, ...base]),
      ours: new Map([...named.ours, ...ours]),
      theirs: new Map([...named.theirs, ...theirs]),
    },
    unnamed: theirs,
  };
}

type Spares = (name: ByteString) => number;

function mapNamed(table: Table, numbers: Numbers, held: ReadonlySet<number>, spares: Spares): NumberMap {
  const map = new Map<number, number>();
  for (const [name, row] of table.rows) {
    const to = numbers.get(name);
    if (to !== undefined && !map.has(numberOf(row))) map.set(numberOf(row), to);
  }
  for (const [name, row] of table.rows) {
    const number = numberOf(row);
    if (!map.has(number) && held.has(number)) map.set(number, spares(name));
  }
  return new Map([...map].filter(([from, to]) => from !== to));
}

/**
 * One spare number for each name, the same for all trees. That something belongs to it already does not matter, as it is
 * nobody's; and so a plan on the result finds the same numbers.
 */
function spareNumbers(taken: ReadonlySet<number>): Spares {
  const given = new Map<ByteString, number>();
  return (name) => {
    const number = given.get(name) ?? spareNumber(taken.union(new Set(given.values())));
    given.set(name, number);
    return number;
  };
}
