import type { PathFacts } from '../../../src/domain/change.ts';
import { changeKind } from '../../../src/domain/describe-change.ts';
import type { Entry } from '../../../src/domain/entry.ts';
import { ancestorsOf, comparePaths, nameOf, parentOf } from '../../../src/domain/path.ts';
import type { Rule, Verb, Verdict } from '../../../src/domain/policy.ts';
import type { JointInput, Side, TreeView } from '../../../src/merge/joint-strategy.ts';
import { makeItem } from '../../../src/plan/make-item.ts';
import { decompress } from '../../../src/system/decompress.ts';
import { commands } from '../../../src/system/run-command.ts';
import { entryOf } from '../../domain/entry-of.ts';

/** Contents of files by their path, or where a link points. */
export type MemoryTree = Readonly<Record<string, string | { readonly link: string }>>;
export type MemoryTrees = Readonly<Record<Side, MemoryTree>>;

/** What the strategy is asked about trees that are only in memory; everything but `ignored` is left to it. */
export function inputOf(trees: MemoryTrees, ignored: readonly string[] = []): JointInput {
  return {
    facts: factsOf(trees),
    view: viewOf(trees),
    verdictOf: (path) => verdict(ignored.includes(path) ? 'ignore' : 'persist'),
    settle: (draft) => makeItem(draft, { choices: new Map(), digest: (bytes) => bytes }),
  };
}

function verdict(verb: Verb): Verdict {
  const rule: Rule = { verb, pattern: '/**', attributes: {}, source: { file: 'test', line: 1 } };
  return { verb, rule, exact: false, strategy: { name: 'modules', rule, exact: false }, class: null, to: null };
}

function viewOf(trees: MemoryTrees): TreeView {
  const entry = (side: Side, path: string): Entry | null => entryAt(trees[side], path);
  const content = (side: Side, path: string): string | null => {
    const node = trees[side][path];
    return typeof node === 'string' ? node : null;
  };
  return {
    entry,
    content,
    decompressed: (side, path) => {
      const bytes = content(side, path);
      return bytes === null ? null : decompress(path, bytes, commands);
    },
    names: (side, directory) =>
      pathsOf(trees[side])
        .filter((path) => parentOf(path) === directory)
        .map(nameOf),
    owners: () => ({ users: new Set(), groups: new Set() }),
    device: () => false,
  };
}

function factsOf({ base, ours, theirs }: MemoryTrees): PathFacts[] {
  const paths = new Set([...pathsOf(base), ...pathsOf(ours)]);
  return [...paths].toSorted(comparePaths).map((path) => {
    const triple = { base: entryAt(base, path), ours: entryAt(ours, path), theirs: entryAt(theirs, path) };
    const same = JSON.stringify(base[path]) === JSON.stringify(ours[path]);
    const role = same && changeKind(triple.base, triple.ours) === 'modified' ? 'context' : 'changed';
    return { ...triple, path, role, sameContent: { baseOurs: same, baseTheirs: false, oursTheirs: false } };
  });
}

function pathsOf(tree: MemoryTree): string[] {
  const paths = Object.keys(tree).flatMap((path) => [...ancestorsOf(path), path]);
  return [...new Set(paths)].filter((path) => path !== '/').sort();
}

function entryAt(tree: MemoryTree, path: string): Entry | null {
  const node = tree[path];
  if (typeof node === 'string') return entryOf({ size: node.length });
  if (node !== undefined) return entryOf({ type: 'symlink', target: node.link });
  return pathsOf(tree).includes(path) ? entryOf({ type: 'directory' }) : null;
}
