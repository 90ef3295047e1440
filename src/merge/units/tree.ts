import type { ByteString } from '../../domain/bytes.ts';
import type { PathFacts } from '../../domain/change.ts';
import type { Entry } from '../../domain/entry.ts';
import { nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { JointInput, Side, TreeView } from '../joint-strategy.ts';

/** One tree, as far as it has been read. */
export type Tree = {
  readonly entry: (path: RootPath) => Entry | null;
  readonly content: (path: RootPath) => ByteString | null;
  readonly names: (directory: RootPath) => readonly ByteString[];
  /** Whether the directory has the name; cheaper than to look at what it names. */
  readonly has: (directory: RootPath, name: ByteString) => boolean;
};

/** The changes of ours that the policy carries, by their paths. */
export type Carried = ReadonlyMap<RootPath, PathFacts>;

/** The changes of ours that the policy carries. */
export function carriedOf({ facts, verdictOf }: Pick<JointInput, 'facts' | 'verdictOf'>): Carried {
  const carried = facts.filter(({ role, path }) => role !== 'context' && verdictOf(path).verb !== 'ignore');
  return new Map(carried.map((fact) => [fact.path, fact]));
}

/** The tree of one side. */
export function treeOf(view: TreeView, side: Side): Tree {
  return withNames({
    entry: (path) => view.entry(side, path),
    content: (path) => view.content(side, path),
    names: (directory) => view.names(side, directory),
  });
}

/** The tree with the names of each directory asked for but once. */
export function withNames(tree: Omit<Tree, 'has'>): Tree {
  const known = new Map<RootPath, { readonly list: readonly ByteString[]; readonly set: ReadonlySet<ByteString> }>();
  function namesOf(directory: RootPath): {
    readonly list: readonly ByteString[];
    readonly set: ReadonlySet<ByteString>;
  } {
    const before = known.get(directory);
    if (before !== undefined) return before;
    const list = tree.names(directory);
    const names = { list, set: new Set(list) };
    known.set(directory, names);
    return names;
  }
  return {
    ...tree,
    names: (directory) => namesOf(directory).list,
    has: (directory, name) => namesOf(directory).set.has(name),
  };
}

/** The result as far as links to units depend on it: ours where it was changed and is carried, else theirs. */
export function resultOf(view: TreeView, carried: Carried): Tree {
  const [ours, theirs] = [treeOf(view, 'ours'), treeOf(view, 'theirs')];
  const below = changesByDirectory(carried);
  return withNames({
    entry: (path) => carried.get(path)?.ours ?? (carried.has(path) ? null : theirs.entry(path)),
    content: (path) => (carried.has(path) ? ours : theirs).content(path),
    names: (directory) => {
      const names = new Set(theirs.names(directory));
      for (const { path, ours: entry } of below.get(directory) ?? []) {
        if (entry === null) names.delete(nameOf(path));
        else names.add(nameOf(path));
      }
      return [...names].sort();
    },
  });
}

function changesByDirectory(carried: Carried): ReadonlyMap<RootPath, readonly PathFacts[]> {
  const below = new Map<RootPath, PathFacts[]>();
  for (const fact of carried.values()) {
    const directory = parentOf(fact.path);
    const others = below.get(directory);
    if (others === undefined) below.set(directory, [fact]);
    else others.push(fact);
  }
  return below;
}
