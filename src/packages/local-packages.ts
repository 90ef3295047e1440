import type { ByteString } from '../domain/bytes.ts';
import type { InstalledPackage } from './package-database.ts';

/** A package that was installed on the machine, and what came with it because it needs it. */
export type LocalPackage = {
  readonly name: ByteString;
  readonly version: ByteString;
  readonly with: readonly ByteString[];
};

/** Packages that are on the machine and in no image. */
export type LocalPackages = {
  readonly chosen: readonly LocalPackage[];
  /** Came because others need them, but not those that were chosen: such as what an update of the image's needed. */
  readonly others: readonly ByteString[];
};

type Sides = {
  readonly ours: readonly InstalledPackage[];
  /** Null where the old image is gone. */
  readonly base: readonly InstalledPackage[] | null;
  readonly theirs: readonly InstalledPackage[];
};

/**
 * Finds the packages of ours that neither the old image nor the new one has, nor stands for under another name. Where the
 * package manager noted nothing, those that no other of them needs count as chosen.
 */
export function findLocalPackages({ ours, base, theirs }: Sides): LocalPackages {
  const inImages = new Set([...(base ?? []).map(({ name }) => name), ...theirs.flatMap(({ provides }) => provides)]);
  const local = ours.filter(({ name }) => !inImages.has(name));
  const graph = new Graph(local);
  const chosen = local.filter((one) => one.byHand ?? !graph.isNeeded(one));
  const groups = chosen.map((one) => ({ one, reached: graph.neededBy(one) }));
  const names = new Set(chosen.map(({ name }) => name));
  const reached = new Set(groups.flatMap((group) => [...group.reached]));
  return {
    chosen: groups.map((group) => ({
      name: group.one.name,
      version: group.one.version,
      with: [...group.reached].filter((name) => !names.has(name)).sort(),
    })),
    others: local.map(({ name }) => name).filter((name) => !names.has(name) && !reached.has(name)),
  };
}

/** Who needs whom among some packages. */
class Graph {
  readonly #byName: ReadonlyMap<ByteString, InstalledPackage>;
  readonly #providers = new Map<ByteString, ByteString[]>();

  constructor(packages: readonly InstalledPackage[]) {
    this.#byName = new Map(packages.map((one) => [one.name, one]));
    for (const { name, provides } of packages) {
      for (const capability of provides) {
        this.#providers.set(capability, [...(this.#providers.get(capability) ?? []), name]);
      }
    }
  }

  /** Whether another needs it that it does not need itself: of a circle all count as chosen. */
  isNeeded({ name }: InstalledPackage): boolean {
    return this.#byName
      .values()
      .some((other) => other.name !== name && this.neededBy(other).has(name) && !this.#reaches(name, other.name));
  }

  #reaches(from: ByteString, to: ByteString): boolean {
    const start = this.#byName.get(from);
    return start !== undefined && this.neededBy(start).has(to);
  }

  /** What it needs, directly or through others; without itself. */
  neededBy(one: InstalledPackage): ReadonlySet<ByteString> {
    const reached = new Set<ByteString>();
    const waiting = [one];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      for (const name of next.needs.flatMap((need) => this.#providers.get(need) ?? [])) {
        const found = this.#byName.get(name);
        if (found === undefined || name === one.name || reached.has(name)) continue;
        reached.add(name);
        waiting.push(found);
      }
    }
    return reached;
  }
}
