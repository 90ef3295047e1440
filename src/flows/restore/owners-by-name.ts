import type { ByteString } from '../../domain/bytes.ts';
import type { Entry } from '../../domain/entry.ts';
import { type NumberMap, type OwnerMap, ownersOf } from '../../domain/owners.ts';
import { readInside } from '../../images/read-inside.ts';
import type { Files } from '../../system/files.ts';

/** What the numbers of one root become in another: of an account that both have, the number that the other gives it. */
export type OwnersByName = {
  readonly map: OwnerMap;
  /** What is to be said of an entry's owners that the other root does not have; empty where it has them all. */
  readonly strangersOf: (entry: Entry) => string[];
};

const databases = { user: '/etc/passwd', group: '/etc/group' } as const;

type Kind = keyof typeof databases;
type Accounts = { readonly numbers: ReadonlyMap<ByteString, number>; readonly names: ReadonlyMap<number, ByteString> };

/** Compares the accounts of two roots. A tree without accounts of its own, such as one of data, keeps its numbers. */
export function ownersByName(from: Files, to: Files): OwnersByName {
  const both = { user: { from: accountsOf(from, 'user'), to: accountsOf(to, 'user') } };
  const all = { ...both, group: { from: accountsOf(from, 'group'), to: accountsOf(to, 'group') } };
  const strangers = (kind: Kind, number: number): string[] => strangerOf(kind, number, all[kind]);
  return {
    map: { users: mapOf(all.user), groups: mapOf(all.group) },
    strangersOf: (entry) => {
      const { users, groups } = ownersOf(entry);
      return [
        ...users.flatMap((number) => strangers('user', number)),
        ...groups.flatMap((number) => strangers('group', number)),
      ];
    },
  };
}

type Pair = { readonly from: Accounts; readonly to: Accounts };

function mapOf({ from, to }: Pair): NumberMap {
  const pairs = [...from.names].map(([number, name]) => [number, to.numbers.get(name) ?? number] as const);
  return new Map(pairs.filter(([before, after]) => before !== after));
}

function strangerOf(kind: Kind, number: number, { from, to }: Pair): string[] {
  const name = from.names.get(number);
  if (name === undefined || to.numbers.has(name)) return [];
  const other = to.names.get(number);
  const here = other === undefined ? 'and stands for nobody here' : `which stands for ${other} here`;
  return [`there is no ${kind} ${name} here: its number ${number} is kept, ${here}`];
}

/** Where two accounts have one number, the first is whom it stands for, as for getpwuid(3). */
function accountsOf(files: Files, kind: Kind): Accounts {
  const numbers = new Map<ByteString, number>();
  const names = new Map<number, ByteString>();
  for (const line of (readInside(files, databases[kind]) ?? '').split('\n')) {
    const [name = '', , number = ''] = line.split(':');
    if (name === '' || !/^[0-9]{1,10}$/.test(number)) continue;
    if (!numbers.has(name)) numbers.set(name, Number(number));
    if (!names.has(Number(number))) names.set(Number(number), name);
  }
  return { numbers, names };
}
