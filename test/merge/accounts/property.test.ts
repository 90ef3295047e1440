import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Random, seededRandom } from '../text/random.ts';
import { type Etc, type Machine, merge, type Result } from './machine.ts';

const seeds = Number(process.env['MIGRATE_TRIPLES'] ?? 1000);

test('random accounts of three sides: nothing is lost, doubled or handed to another', () => {
  for (let seed = 0; seed < seeds; seed++) {
    const machine = makeMachine(seededRandom(seed));
    try {
      check(machine, merge(machine));
    } catch (error) {
      throw new Error(`seed ${seed}: ${JSON.stringify(machine, null, 1)}`, { cause: error });
    }
  }
});

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
const numbers = [1, 100, 101, 102, 997, 998, 999, 1000, 1001];

type Account = { readonly name: string; readonly uid: number; readonly gid: number; readonly shell: string };
type Group = { readonly name: string; readonly gid: number; readonly members: readonly string[] };
type Accounts = { readonly users: readonly Account[]; readonly groups: readonly Group[] };

function makeMachine(random: Random): Machine {
  const start = edited(random, { users: [], groups: [] }, 12);
  const sides = { base: start, ours: edited(random, start, 5), theirs: edited(random, start, 5) };
  const owned = () => ({ users: some(random, numbers), groups: some(random, numbers) });
  return {
    base: render(random, sides.base),
    ours: { ...render(random, sides.ours), ...(random.chance(0.5) ? backups(render(random, start)) : {}) },
    theirs: render(random, sides.theirs),
    owners: { ours: owned(), theirs: owned() },
  };
}

function some<Value>(random: Random, values: readonly Value[]): Value[] {
  return values.filter(() => random.chance(0.3));
}

function edited(random: Random, { users, groups }: Accounts, edits: number): Accounts {
  const people = new Map(users.map((user) => [user.name, user]));
  const bands = new Map(groups.map((group) => [group.name, group]));
  for (let edit = 0; edit < edits; edit++) {
    const name = random.pick(names);
    const shell = random.pick(['/bin/sh', '/bin/false', '']);
    const what = random.below(8);
    if (what === 0) people.delete(name);
    else if (what === 1) bands.delete(name);
    else if (what < 5) people.set(name, { name, uid: random.pick(numbers), gid: random.pick(numbers), shell });
    else bands.set(name, { name, gid: random.pick(numbers), members: some(random, names) });
  }
  return { users: [...people.values()], groups: [...bands.values()] };
}

function render(random: Random, { users, groups }: Accounts): Etc {
  const people = users.map(({ name, uid, gid, shell }) => `${name}:x:${uid}:${gid}::/:${shell}`);
  const bands = groups.map(({ name, gid, members }) => `${name}:x:${gid}:${members.join(',')}`);
  const file = (first: string, lines: readonly string[]): string =>
    `${[first, ...littered(random, lines)].join('\n')}\n`;
  const kept = (lines: readonly string[], make: (name: string) => string): string[] =>
    [...lines.map((line) => line.split(':')[0] ?? ''), 'ghost'].filter(() => random.chance(0.8)).map(make);
  const etc: Record<string, string> = {
    passwd: file('root:x:0:0::/root:/bin/sh', people),
    group: file('root:x:0:', bands),
  };
  if (random.chance(0.8))
    etc['shadow'] = file(
      'root:*:1::::::',
      kept(people, (name) => `${name}:!:1::::::`),
    );
  if (random.chance(0.8))
    etc['gshadow'] = file(
      'root:*::',
      kept(bands, (name) => `${name}:!::`),
    );
  if (random.chance(0.5)) {
    etc['subuid'] = people.map((line, at) => `${line.split(':')[0]}:${100_000 + at * 65_536}:65536\n`).join('');
  }
  return etc;
}

function littered(random: Random, lines: readonly string[]): string[] {
  const litter = ['', '# x', '+@net::::::', 'a:x', ':::', 'b:x:y:z', '\xff\x00:::::::'];
  return lines.flatMap((line) => (random.chance(0.1) ? [line, random.pick(litter)] : [line]));
}

function backups(etc: Etc): Etc {
  return Object.fromEntries(Object.entries(etc).map(([name, content]) => [`${name}-`, content]));
}

type Rows = ReadonlyMap<string, readonly string[]>;

function rowsOf(etc: Etc, file: string): Rows {
  const found = new Map<string, readonly string[]>();
  for (const line of (etc[file] ?? '').split('\n')) {
    const fields = line.split(':');
    const [name = ''] = fields;
    const isRow = /^[a-z][a-z0-9]*$/.test(name) && (!/passwd|group/.test(file) || /^[0-9]+$/.test(fields[2] ?? ''));
    if (!isRow) continue;
    assert.ok(!found.has(name), `${file} has two rows of ${name}`);
    found.set(name, fields);
  }
  return found;
}

function check({ base, ours, theirs, owners }: Machine, { etc, owners: maps }: Result): void {
  for (const [kind, file] of [
    ['users', 'passwd'],
    ['groups', 'group'],
  ] as const) {
    const sides = { base: rowsOf(base, file), ours: rowsOf(ours, file), theirs: rowsOf(theirs, file) };
    const result = rowsOf(etc, file);
    checkNames(sides, result);
    checkShared(sides, result);
    const held = new Set([...result.values()].map((row) => Number(row[2])));
    checkMap(sides.theirs, result, held, maps.theirs[kind]);
    checkMap(sides.base, result, held, maps.base[kind]);
    assert.equal(maps.ours[kind].size, 0, 'the numbers of this machine stay');
    // A primary group without a row is as good as named: it is the group of that user.
    const primary = kind === 'groups' ? [...rowsOf(theirs, 'passwd').values()].map((row) => Number(row[3])) : [];
    const named = new Set([...[...sides.theirs.values()].map((row) => Number(row[2])), ...primary]);
    const unnamed = (owners?.theirs?.[kind] ?? []).filter((number) => !named.has(number));
    if (maps.theirs[kind].size === 0) continue;
    for (const number of unnamed)
      assert.ok(!held.has(maps.theirs[kind].get(number) ?? number), 'nothing is handed over');
  }
  checkCompanions(etc);
}

type Sides = { readonly base: Rows; readonly ours: Rows; readonly theirs: Rows };

function checkNames({ base, ours, theirs }: Sides, result: Rows): void {
  assert.ok(result.has('root'));
  for (const [name, row] of ours)
    assert.equal(result.get(name)?.[2], row[2], `${name} keeps the number of this machine`);
  for (const name of theirs.keys())
    assert.ok(result.has(name) || (base.has(name) && !ours.has(name)), `${name} is there`);
}

/** Two names of one number have it, by one or more steps, from a side on which they shared one. */
function checkShared({ ours, theirs }: Sides, result: Rows): void {
  const kin = new Map([...ours.keys(), ...theirs.keys(), ...result.keys()].map((name) => [name, name]));
  for (const side of [ours, theirs]) for (const name of side.keys()) join(kin, name, firstLike(side, name));
  for (const name of result.keys()) {
    const twin = firstLike(result, name);
    assert.equal(kin.get(twin), kin.get(name), `${twin} and ${name} share a number`);
  }
}

function firstLike(side: Rows, name: string): string {
  const [first] = [...side].find(([, row]) => row[2] === side.get(name)?.[2]) ?? [name];
  return first;
}

function join(kin: Map<string, string>, name: string, other: string): void {
  const [from, to] = [kin.get(name), kin.get(other)];
  for (const [one, of] of kin) if (of === from && to !== undefined) kin.set(one, to);
}

function checkMap(side: Rows, result: Rows, held: ReadonlySet<number>, map: ReadonlyMap<number, number>): void {
  for (const number of new Set([...side.values()].map((row) => Number(row[2])))) {
    const [name] = [...side].find(([other, row]) => Number(row[2]) === number && result.has(other)) ?? [null];
    const to = map.get(number) ?? number;
    if (name === null) assert.ok(!held.has(to), `${number} of nobody is handed over`);
    else assert.equal(to, Number(result.get(name)?.[2]), `what belongs to ${name} follows it`);
  }
}

function checkCompanions(etc: Etc): void {
  const users = rowsOf(etc, 'passwd');
  const groups = rowsOf(etc, 'group');
  const gids = new Set([...groups.values()].map((row) => row[2]));
  for (const [name, row] of users) assert.ok(gids.has(row[3]), `the primary group of ${name} has a name`);
  for (const [file, accounts] of [
    ['shadow', users],
    ['gshadow', groups],
  ] as const) {
    if (etc[file] === undefined) continue;
    assert.deepEqual([...rowsOf(etc, file).keys()].toSorted(), [...accounts.keys()].toSorted(), `rows of ${file}`);
  }
}
