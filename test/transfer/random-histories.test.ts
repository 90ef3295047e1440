import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Uuid } from '../../src/domain/volume.ts';
import { planTransfer, type TransferPlan } from '../../src/transfer/plan-transfer.ts';
import { type Random, seededRandom } from '../merge/text/random.ts';
import { RememberingStore } from './histories.ts';

/** A tag as the oracle has it: all tags whose content went into it, the oldest first, each in what it was made of. */
type Step = { readonly tag: Uuid; readonly branch: Uuid };
type Made = { readonly store: number; readonly name: string; readonly line: readonly Step[] };

/** Stores that make branches and tags, remove some and send others, and what truly became of what. */
class World {
  readonly stores = ['a', 'b', 'c'].map((name) => new RememberingStore(name));
  readonly branches = new Map<Uuid, Made>();
  readonly tags = new Map<Uuid, Made & { readonly branch: Uuid; readonly branchName: string }>();
  /** The tags of each remote branch in the order in which a store has got them, by store, source and name. */
  readonly #got = new Map<string, Uuid[]>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  step(): TransferPlan | null {
    const at = this.#random.below(this.stores.length);
    const what = this.#random.below(10);
    if (what < 3) this.#makeBranch(at);
    else if (what < 6) this.#makeTag(at);
    else if (what < 7) this.#remove(at);
    else return this.#send(at);
    return null;
  }

  store(at: number): RememberingStore {
    const store = this.stores[at];
    assert.ok(store !== undefined);
    return store;
  }

  #makeBranch(at: number): void {
    const store = this.store(at);
    const name = this.#random.pick(['main', 'try']);
    const tags = [...this.tags.keys()].filter((tag) => store.has(tag));
    const branches = [...this.branches].filter(([uuid, made]) => made.store === at && store.has(uuid));
    const kind = this.#random.below(3);
    if (kind === 1 && tags.length > 0) {
      const from = this.#random.pick(tags);
      const made = this.tags.get(from);
      assert.ok(made !== undefined);
      const line = [...made.line, { tag: from, branch: made.branch }];
      this.branches.set(store.branch(name, from), { store: at, name, line });
    } else if (kind === 2 && branches.length > 0) {
      const [from, { line }] = this.#random.pick(branches);
      this.branches.set(store.branch(name, from), { store: at, name, line });
    } else this.branches.set(store.branch(name), { store: at, name, line: [] });
  }

  #makeTag(at: number): void {
    const store = this.store(at);
    const own = [...this.branches].filter(([uuid, made]) => made.store === at && store.has(uuid));
    if (own.length === 0) return;
    const [branch, made] = this.#random.pick(own);
    const tag = store.tag(`t${this.tags.size}`, branch);
    this.tags.set(tag, { ...made, branch, branchName: made.name });
    this.branches.set(branch, { ...made, line: [...made.line, { tag, branch }] });
  }

  #remove(at: number): void {
    const store = this.store(at);
    const all = [...this.branches.keys(), ...this.tags.keys()].filter((uuid) => store.has(uuid));
    if (all.length > 0) store.remove(this.#random.pick(all));
  }

  #send(at: number): TransferPlan | null {
    const [here, to] = [this.store(at), (at + 1 + this.#random.below(2)) % 3];
    const there = this.store(to);
    const had = (uuid: Uuid): boolean => there.known().some((one) => one.uuid === uuid);
    const tags = [...this.tags].filter(([uuid]) => here.has(uuid) && (there.has(uuid) || !had(uuid)));
    if (tags.length === 0) return null;
    const [tag, made] = this.#random.pick(tags);
    const source = this.store(made.store).instance;
    // What comes back to the store of its branch is no remote branch there.
    if (source === there.instance) return null;
    const head = there.head(source, made.branchName);
    const got = this.#got.get(`${to} ${source} ${made.branchName}`) ?? [];
    const truth = got.filter((one) => there.has(one)).at(-1) ?? null;
    assert.equal(head?.uuid ?? null, truth, 'the head is the last that was got');
    const plan = planTransfer({
      ...{ tag: here.knownTag(tag), sender: here.known(), isThere: (uuid) => here.has(uuid) },
      ...{ receiver: there.told(), head, nameTaken: false },
    });
    assert.deepEqual(named(plan), this.#expected(here, there, tag, truth));
    if (plan.kind === 'full' || plan.kind === 'incremental') {
      there.receive(here.knownTag(tag));
      this.#got.set(`${to} ${source} ${made.branchName}`, [...got, tag]);
    }
    return plan;
  }

  /** By what truly went into what, as far as the sender and the receiver know of it. */
  #expected(here: RememberingStore, there: RememberingStore, tag: Uuid, head: Uuid | null): unknown {
    const ours = this.#knownLine(tag, here.known());
    const theirs = head === null ? [] : this.#knownLine(head, there.told());
    if (head !== null && head !== tag && !ours.includes(head)) {
      if (theirs.includes(tag)) return { kind: 'up-to-date', head };
      const onlyIn = (one: readonly Uuid[], other: readonly Uuid[]): Uuid[] => one.filter((x) => !other.includes(x));
      const [mine, yours] = [
        [tag, ...ours],
        [head, ...theirs],
      ];
      const common = mine.find((one) => yours.includes(one)) ?? null;
      return { kind: 'diverged', common, ours: onlyIn(mine, yours), theirs: onlyIn(yours, mine) };
    }
    if (there.has(tag)) return { kind: 'up-to-date', head: head ?? tag };
    const parent = ours.find((one) => here.has(one) && there.has(one));
    return parent === undefined ? { kind: 'full' } : { kind: 'incremental', parent };
  }

  /** What truly went into a tag, nearest first, up to where the store does not know the last of another branch. */
  #knownLine(tag: Uuid, known: readonly { readonly uuid: Uuid }[]): Uuid[] {
    const made = this.tags.get(tag);
    assert.ok(made !== undefined);
    const isKnown = (one: Uuid): boolean => known.some(({ uuid }) => uuid === one);
    const line: Uuid[] = [];
    let { branch } = made;
    for (const step of made.line.toReversed()) {
      if (step.branch !== branch && !isKnown(step.tag)) return line;
      branch = step.branch;
      if (isKnown(step.tag)) line.push(step.tag);
    }
    return line;
  }
}

function named(plan: TransferPlan): unknown {
  const uuids = (tags: readonly { readonly uuid: Uuid }[]): Uuid[] => tags.map(({ uuid }) => uuid);
  if (plan.kind === 'up-to-date') return { kind: plan.kind, head: plan.head.uuid };
  if (plan.kind === 'incremental') return { kind: plan.kind, parent: plan.parent.uuid };
  if (plan.kind !== 'diverged') return plan;
  const { common, ours, theirs } = plan;
  return { kind: plan.kind, common: common?.uuid ?? null, ours: uuids(ours), theirs: uuids(theirs) };
}

test('case 123: on random histories of three stores the plan is what the oracle says', () => {
  const kinds = new Map<string, number>();
  for (let seed = 1; seed <= 300; seed++) {
    const world = new World(seededRandom(seed));
    for (let count = 0; count < 60; count++) {
      try {
        const kind = world.step()?.kind;
        if (kind !== undefined) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      } catch (error) {
        throw new Error(`seed ${seed}, step ${count}`, { cause: error });
      }
    }
  }
  for (const kind of ['full', 'incremental', 'diverged', 'up-to-date']) {
    assert.ok((kinds.get(kind) ?? 0) > 100, `${kind} came ${kinds.get(kind) ?? 0} times`);
  }
});
