import assert from 'node:assert/strict';
import { noChoices } from '../../../src/domain/choices.ts';
import type { Entry } from '../../../src/domain/entry.ts';
import type { Item } from '../../../src/domain/item.ts';
import { noOwnerMaps, type OwnerMap, type OwnerMaps } from '../../../src/domain/owners.ts';
import type { Verb, Verdict } from '../../../src/domain/policy.ts';
import { accounts } from '../../../src/merge/accounts/accounts.ts';
import type { OwnerNumbers, Side, TreeView } from '../../../src/merge/joint-strategy.ts';
import { makeItem } from '../../../src/plan/make-item.ts';
import { defaultRule } from '../../../src/policy/built-in.ts';
import { entryOf } from '../../domain/entry-of.ts';

/** Contents by file name in /etc (`passwd`, `passwd-`); null where something stands that is no readable file. */
export type Etc = Readonly<Record<string, string | null>>;

export type Machine = {
  readonly base: Etc;
  readonly ours: Etc;
  readonly theirs: Etc;
  /** Numbers that own something in ours or theirs. */
  readonly owners?: Partial<Record<Side, { readonly users?: readonly number[]; readonly groups?: readonly number[] }>>;
  /** What the policy says of single files. */
  readonly policy?: Readonly<Record<string, { readonly verb: Verb; readonly strategy?: string }>>;
};

export type Result = {
  /** The files of /etc in the result. */
  readonly etc: Etc;
  readonly items: readonly Item[];
  readonly owners: OwnerMaps;
  /** Names of files that were decided. */
  readonly decided: readonly string[];
  /** Sides of which all owners were asked for, which costs a walk. */
  readonly walked: readonly Side[];
};

/** Has the strategy decide, and checks that deciding again on the result, as theirs, leaves all as it is. */
export function merge(machine: Machine): Result {
  const first = decideOnce(machine);
  const again = decideOnce({ ...machine, theirs: first.etc, owners: translated(machine, first.owners.theirs) });
  assert.deepEqual(again.etc, first.etc, 'deciding again on the result changes nothing');
  assert.deepEqual(again.owners.theirs, noOwnerMaps.theirs, 'the result has its own numbers');
  return first;
}

/** Has the strategy decide. */
export function decideOnce(machine: Machine): Result {
  const walked = new Set<Side>();
  const { decided, items, owners } = accounts.decide({
    facts: [],
    view: viewOf(machine, walked),
    verdictOf: (path) => verdictOf(machine, nameOf(path)),
    settle: (draft) => makeItem(draft, { choices: noChoices, digest: (bytes) => bytes }),
  });
  const etc = usualWay(machine);
  for (const [path, decision] of decided) {
    assert.ok(decision.node === 'content' || decision.node === 'absent');
    if (decision.node === 'content') etc[nameOf(path)] = decision.content;
    else delete etc[nameOf(path)];
  }
  return { etc, items, owners: owners ?? noOwnerMaps, decided: [...decided.keys()].map(nameOf), walked: [...walked] };
}

/** What files become that nobody decides: what this machine changed, else the image's. */
function usualWay({ base, ours, theirs, policy }: Machine): Record<string, string | null> {
  const etc: Record<string, string | null> = { ...theirs };
  for (const name of new Set([...Object.keys(base), ...Object.keys(ours)])) {
    if (policy?.[name]?.verb === 'ignore' || ours[name] === base[name]) continue;
    const here = ours[name];
    if (here === undefined) delete etc[name];
    else etc[name] = here;
  }
  return etc;
}

function nameOf(path: string): string {
  return path.replace('/etc/', '');
}

function viewOf(machine: Machine, walked: Set<Side>): TreeView {
  const at = (side: Side, path: string): string | null | undefined => machine[side][nameOf(path)];
  return {
    entry: (side, path): Entry | null => (at(side, path) === undefined ? null : entryOf({ type: 'file' })),
    content: (side, path) => at(side, path) ?? null,
    decompressed: () => null,
    names: () => [],
    owners(side): OwnerNumbers {
      walked.add(side);
      const { users = [], groups = [] } = machine.owners?.[side] ?? {};
      return { users: new Set(users), groups: new Set(groups) };
    },
    device: () => false,
  };
}

function verdictOf({ policy }: Machine, name: string): Verdict {
  const { verb, strategy } = policy?.[name] ?? { verb: 'persist', strategy: 'accounts' };
  return {
    verb,
    rule: defaultRule,
    exact: false,
    strategy: strategy === undefined ? null : { name: strategy, rule: defaultRule, exact: false },
    class: null,
    to: null,
  };
}

function translated({ owners }: Machine, map: OwnerMap): NonNullable<Machine['owners']> {
  const theirs = {
    users: (owners?.theirs?.users ?? []).map((number) => map.users.get(number) ?? number),
    groups: (owners?.theirs?.groups ?? []).map((number) => map.groups.get(number) ?? number),
  };
  return { ...owners, theirs };
}

/** Rows as lines. */
export function rows(...lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

/** The fields of the row of a name, in a file of the result. */
export function row({ etc }: Pick<Result, 'etc'>, file: string, name: string): string[] | undefined {
  const found = linesIn({ etc }, file).filter((line) => line.startsWith(`${name}:`));
  assert.ok(found.length <= 1, `${found.length} rows of ${name}`);
  return found[0]?.split(':');
}

export function linesIn({ etc }: Pick<Result, 'etc'>, file: string): string[] {
  return (etc[file] ?? '').split('\n').slice(0, -1);
}

export function keys({ items }: Pick<Result, 'items'>): string[] {
  return items.map(({ key }) => key);
}

export function pairs(map: ReadonlyMap<number, number>): [number, number][] {
  return [...map].sort(([a], [b]) => a - b);
}
