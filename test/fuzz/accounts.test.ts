import assert from 'node:assert/strict';
import { linesOf, parseTable, type Table } from '../../src/merge/accounts/table.ts';
import { imageOf } from '../merge/accounts/debian.ts';
import { decideOnce, type Etc, type Machine, type Result } from '../merge/accounts/machine.ts';
import { fuzz } from './fuzz.ts';

const databases = ['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'] as const;
const names = databases.flatMap((name) => [name, `${name}-`]);
/** Between the twelve files of base, ours and theirs. */
const separator = '\x1e';

const small = {
  passwd: 'root:x:0:0::/root:/bin/sh\na:x:101:101::/:\n',
  shadow: 'root:*:1::::::\na:!:1::::::\n',
  group: 'root:x:0:\na:x:101:\nw:x:50:a\n',
  gshadow: 'root:*::\na:!::\nw:!::a\n',
};
const withPeople = {
  passwd: `${small.passwd}b:x:1000:1000::/home/b:/bin/sh\nv:x:102:50::/:\n`,
  shadow: `${small.shadow}b:$y$:2:0:99999:7:::\nv:!:1::::::\n`,
  group: `${small.group.replace('a\n', 'a,b\n')}b:x:1000:\n`,
  gshadow: `${small.gshadow}b:!::\n`,
  subuid: 'b:100000:65536\n',
  subgid: 'b:100000:65536\n',
  'passwd-': small.passwd,
  'group-': small.group,
};
const renumbered = {
  passwd: `${small.passwd.replace('101:101', '102:102')}n:x:101:101::/:\n`,
  group: `${small.group.replace('101', '102')}n:x:101:\nz:x:1000:n\n`,
  subuid: 'n:100000:65536\n',
};

function joined(...sides: readonly Etc[]): string {
  return sides.flatMap((etc) => names.map((name) => etc[name] ?? '')).join(separator);
}

/** The first and last accounts of an image, as what is long is slow. */
function partOf(etc: Etc): Etc {
  const few = (content: string): string => {
    const lines = linesOf(content);
    return [...lines.slice(0, 2), ...lines.slice(-5)].map((line) => `${line}\n`).join('');
  };
  return Object.fromEntries(Object.entries(etc).map(([name, content]) => [name, few(content ?? '')]));
}

function machineOf(input: string): Machine {
  const parts = input.split(separator);
  const sideAt = (side: number): Etc =>
    Object.fromEntries(
      names.flatMap((name, index) => {
        const content = parts[side * names.length + index] ?? '';
        return content === '' ? [] : [[name, content]];
      }),
    );
  const owned = { users: [0, 101, 103, 1000], groups: [0, 50, 102, 103, 1000] };
  return { base: sideAt(0), ours: sideAt(1), theirs: sideAt(2), owners: { ours: owned, theirs: owned } };
}

fuzz({
  name: 'accounts',
  longest: 3000,
  seeds: [
    joined(small, withPeople, renumbered),
    joined(small, { ...withPeople, shadow: '', gshadow: '' }, small),
    joined(renumbered, { ...renumbered, ...small }, withPeople),
    joined(partOf(imageOf('bookworm')), partOf(imageOf('bookworm')), partOf(imageOf('trixie'))),
  ],
  words: [
    separator,
    ':',
    '::',
    ',',
    '\n',
    '\r\n',
    '+',
    '-',
    '#',
    'root',
    'b:x:0:0:',
    'b:x:101:101::/:\n',
    'n:x:1000:\n',
    '+@net::::::\n',
    '\0',
    '\xff',
    '\xa0',
    '__proto__:x:5:5::/:\n',
    'b:4294900000:65536\n',
    '4294967295',
  ],
  attempt(input) {
    const machine = machineOf(input);
    const result = decideOnce(machine);
    const { decided, etc, items } = result;
    if (!decided.includes('passwd') || !decided.includes('group')) return `left ${decided.length}`;
    checkTables(etc);
    checkRoot(machine, etc);
    const sides = { passwd: sidesOf(machine, 'passwd'), group: sidesOf(machine, 'group') };
    // A side without any user or group is read with those of another; one with another root is none of a system.
    if ([sides.passwd, sides.group].every(isWhole)) {
      for (const file of ['passwd', 'group'] as const) checkNames(sides[file], tableOf(etc, file));
      checkNumbers(sides.passwd, tableOf(etc, 'passwd'));
      checkOwners(sides.passwd.theirs, tableOf(etc, 'passwd'), result.owners.theirs.users);
      checkOwners(sides.group.theirs, tableOf(etc, 'group'), result.owners.theirs.groups);
      // A group that has to be made up for a user is one that the image lacks again.
      if (isNamed(sides.passwd.theirs, sides.group.theirs)) checkAgain(machine, result);
    }
    const kinds = items.map(({ key }) => key.split(':')[0]).join(' ');
    return `${kinds} ${tableOf(etc, 'passwd').rows.size} ${tableOf(etc, 'group').lines.length}`;
  },
});

type Sides = Readonly<Record<'base' | 'ours' | 'theirs', Table>>;

function tableOf(etc: Etc, database: (typeof databases)[number]): Table {
  return parseTable(database, etc[database] ?? '');
}

function sidesOf({ base, ours, theirs }: Machine, file: 'passwd' | 'group'): Sides {
  return { base: tableOf(base, file), ours: tableOf(ours, file), theirs: tableOf(theirs, file) };
}

function isWhole({ base, ours, theirs }: Sides): boolean {
  return [base, ours, theirs].every(({ rows }) => Number(rows.get('root')?.[2]) === 0);
}

/** Whether the primary group of every user has a name. */
function isNamed(passwd: Table, group: Table): boolean {
  const numbers = new Set([...group.rows.values()].map((row) => Number(row[2])));
  return passwd.rows.values().every((row) => numbers.has(Number(row[3])));
}

/** Each name once, a group for each user, and a row of shadow and gshadow for each account and for nothing else. */
function checkTables(etc: Etc): void {
  const [passwd, group] = [tableOf(etc, 'passwd'), tableOf(etc, 'group')];
  const all = databases.slice(0, 4).map((database) => tableOf(etc, database));
  assert.deepEqual(
    all.map(({ repeated }) => repeated),
    [[], [], [], []],
    'no name twice',
  );
  const numbers = new Set([...group.rows.values()].map((row) => Number(row[2])));
  // Without a group database nothing says who is in which.
  const users = numbers.size === 0 ? [] : passwd.rows.values();
  for (const row of users) assert.ok(numbers.has(Number(row[3])), `the primary group of ${row[0]}`);
  for (const [shadow, accounts] of [
    ['shadow', passwd],
    ['gshadow', group],
  ] as const) {
    if (etc[shadow] === undefined) continue;
    assert.deepEqual(
      [...tableOf(etc, shadow).rows.keys()].sort(),
      [...accounts.rows.keys()].sort(),
      `rows of ${shadow}`,
    );
  }
}

function checkRoot({ ours, theirs }: Machine, etc: Etc): void {
  for (const file of ['passwd', 'group'] as const) {
    const isThere = [ours, theirs].some((side) => tableOf(side, file).rows.has('root'));
    assert.ok(!isThere || tableOf(etc, file).rows.has('root'), `root is in ${file}`);
  }
}

function checkNames({ base, ours, theirs }: Sides, result: Table): void {
  for (const [name, row] of ours.rows) {
    assert.equal(Number(result.rows.get(name)?.[2]), Number(row[2]), `${name} keeps the number of this machine`);
  }
  for (const name of theirs.rows.keys()) {
    const isDeleted = base.rows.has(name) && !ours.rows.has(name);
    assert.ok(result.rows.has(name) || isDeleted, `${name} of the image is there`);
  }
}

/** Two names have one number only if that comes, by one or more steps, of sides on which names share one. */
function checkNumbers({ ours, theirs }: Sides, result: Table): void {
  const kin = new Map([...result.rows.keys(), ...ours.rows.keys(), ...theirs.rows.keys()].map((name) => [name, name]));
  for (const { rows } of [ours, theirs]) {
    for (const all of Map.groupBy(rows.keys(), (name) => Number(rows.get(name)?.[2])).values()) {
      const kinds = new Set(all.map((name) => kin.get(name)));
      for (const [name, kind] of kin) if (kinds.has(kind)) kin.set(name, all[0] ?? name);
    }
  }
  for (const all of Map.groupBy(result.rows.keys(), (name) => Number(result.rows.get(name)?.[2])).values()) {
    assert.equal(new Set(all.map((name) => kin.get(name))).size, 1, `${all.join(' and ')} share a number`);
  }
}

/** What belongs to a name of the image belongs to it in the result, and what belongs to no name of it to nobody. */
function checkOwners(theirs: Table, result: Table, map: ReadonlyMap<number, number>): void {
  const held = new Set([...result.rows.values()].map((row) => Number(row[2])));
  for (const [number, names] of Map.groupBy(theirs.rows.keys(), (name) => Number(theirs.rows.get(name)?.[2]))) {
    const to = map.get(number) ?? number;
    const name = names.find((one) => result.rows.has(one));
    if (name === undefined) assert.ok(!held.has(to), `${number} of nobody is handed over`);
    else assert.equal(to, Number(result.rows.get(name)?.[2]), `what belongs to ${name} follows it`);
  }
}

/** The result as the machine, on the image that it was made for, is left as it is. */
function checkAgain(machine: Machine, { etc, owners }: Result): void {
  const translated = (kind: 'users' | 'groups'): number[] =>
    (machine.owners?.theirs?.[kind] ?? []).map((number) => owners.theirs[kind].get(number) ?? number);
  const owned = { ...machine.owners, ours: { users: translated('users'), groups: translated('groups') } };
  const again = decideOnce({ base: machine.theirs, ours: etc, theirs: machine.theirs, owners: owned });
  assert.deepEqual(linesIn(again.etc), linesIn(etc), 'merged again with the same image it stays as it is');
  assert.equal(again.owners.ours.users.size + again.owners.ours.groups.size, 0, 'its numbers stay');
}

/** The lines of all files: how they end, and zeros before a number, do not count. */
function linesIn(etc: Etc): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(etc).map(([name, content]) => [name, linesOf((content ?? '').replace(/:0+(?=[0-9])/g, ':'))]),
  );
}
