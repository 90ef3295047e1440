import type { ByteString } from '../domain/bytes.ts';
import type { InstalledPackage } from './package-database.ts';

/** A package that was installed on the machine, and what came with it because it needs it. */
export type LocalPackage = {
  readonly name: ByteString;
  readonly version: ByteString;
  readonly with: readonly ByteString[];
};

/** Packages that are on the machine and in no image, and those of the images that are not on the machine. */
export type LocalPackages = {
  readonly chosen: readonly LocalPackage[];
  /** Came because others need them, but not those that were chosen: such as what an update of the image's needed. */
  readonly others: readonly ByteString[];
  /** In both images, and neither on the machine nor stood for there under another name: removed here. */
  readonly removed: readonly ByteString[];
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
    removed: removedHere({ ours, base, theirs }),
    others: local.map(({ name }) => name).filter((name) => !names.has(name) && !reached.has(name)),
  };
}

function removedHere({ ours, base, theirs }: Sides): ByteString[] {
  const here = new Set(ours.flatMap(({ provides }) => provides));
  const shipped = new Set(theirs.map(({ name }) => name));
  const names = (base ?? []).map(({ name }) => name).filter((name) => shipped.has(name) && !here.has(name));
  return [...new Set(names)].sort();
}

type Edges = ReadonlyMap<ByteString, ReadonlySet<ByteString>>;

/** Who needs whom among some packages. There may be a thousand, so each question follows an edge once. */
class Graph {
  readonly #needs: Edges;
  readonly #needers: Edges;

  constructor(packages: readonly InstalledPackage[]) {
    const providers = providersOf(packages);
    const direct = packages.map(
      ({ name, needs }) => [name, needs.flatMap((need) => providers.get(need) ?? [])] as const,
    );
    const needers = new Map<ByteString, Set<ByteString>>(packages.map(({ name }) => [name, new Set()]));
    for (const [name, needed] of direct) for (const other of needed) needers.get(other)?.add(name);
    this.#needs = new Map(direct.map(([name, needed]) => [name, new Set(needed)]));
    this.#needers = needers;
  }

  /** Whether another needs it that it does not need itself: of a circle all count as chosen. */
  isNeeded({ name }: InstalledPackage): boolean {
    return !reachedFrom(name, this.#needers).isSubsetOf(reachedFrom(name, this.#needs));
  }

  /** What it needs, directly or through others; without itself. */
  neededBy({ name }: InstalledPackage): ReadonlySet<ByteString> {
    return reachedFrom(name, this.#needs);
  }
}

/** The packages that stand for each name that may be asked for. */
function providersOf(packages: readonly InstalledPackage[]): ReadonlyMap<ByteString, readonly ByteString[]> {
  const providers = new Map<ByteString, ByteString[]>();
  for (const { name, provides } of packages) {
    for (const capability of provides) {
      const others = providers.get(capability);
      if (others === undefined) providers.set(capability, [name]);
      else others.push(name);
    }
  }
  return providers;
}

function reachedFrom(start: ByteString, edges: Edges): ReadonlySet<ByteString> {
  const reached = new Set<ByteString>();
  const waiting = [start];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const name of edges.get(next) ?? []) {
      if (name === start || reached.has(name)) continue;
      reached.add(name);
      waiting.push(name);
    }
  }
  return reached;
}
