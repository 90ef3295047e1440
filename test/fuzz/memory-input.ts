import type { PathFacts } from '../../src/domain/change.ts';
import { noChoices } from '../../src/domain/choices.ts';
import type { Entry } from '../../src/domain/entry.ts';
import { ancestorsOf, comparePaths, nameOf, parentOf } from '../../src/domain/path.ts';
import type { JointDecision, JointInput, Side } from '../../src/merge/joint-strategy.ts';
import { makeItem } from '../../src/plan/make-item.ts';
import { defaultRule } from '../../src/policy/built-in.ts';
import { entryOf } from '../domain/entry-of.ts';

/** What stands at a path: a file's content, or where a link points. */
export type Node = { readonly content: string } | { readonly target: string };
/** Files and links by their paths; the directories above them are there too. */
export type Nodes = ReadonlyMap<string, Node>;
export type Trees = Readonly<Record<Side, Nodes>>;

const sides = ['base', 'ours', 'theirs'] as const;
/** Between the files of `treesOf`, and what makes a content a link. */
export const separator = '\x1e';
const arrow = '-> ';

/**
 * Reads trees from any bytes. Of each part the first line has the first letters of the sides that have the file and its
 * path (`bot /etc/x`), the rest is its content, or `-> ` and where it points. What cannot be a file of a tree is none.
 */
export function treesOf(input: string): Trees {
  const trees = { base: new Map<string, Node>(), ours: new Map<string, Node>(), theirs: new Map<string, Node>() };
  for (const part of input.split(separator)) {
    const [, letters = '', path = '', rest = ''] = /^([bot]*) (\/[^\n]*)\n([\s\S]*)$/.exec(part) ?? [];
    if (!isPath(path)) continue;
    const node = rest.startsWith(arrow) ? { target: rest.slice(arrow.length).trimEnd() } : { content: rest };
    if ('target' in node && (node.target === '' || node.target.includes('\0'))) continue;
    for (const side of sides) if (letters.includes(side.charAt(0))) place(trees[side], path, node);
  }
  return trees;
}

function isPath(path: string): boolean {
  return (
    !path.includes('\0') &&
    path
      .split('/')
      .slice(1)
      .every((name) => !['', '.', '..'].includes(name))
  );
}

function place(tree: Map<string, Node>, path: string, node: Node): void {
  const isDirectory = [...tree.keys()].some((other) => other.startsWith(`${path}/`));
  if (!isDirectory && !ancestorsOf(path).some((above) => tree.has(above))) tree.set(path, node);
}

/** What a strategy is asked about these trees, where all paths are left to it. */
export function inputOf(trees: Trees, strategy: string): JointInput {
  const looks = { base: lookAt(trees.base), ours: lookAt(trees.ours), theirs: lookAt(trees.theirs) };
  const content = (side: Side, path: string): string | null => {
    const node = trees[side].get(path);
    return node !== undefined && 'content' in node ? node.content : null;
  };
  return {
    facts: factsOf(trees, looks),
    view: {
      entry: (side, path) => looks[side].entries.get(path) ?? null,
      content,
      decompressed: (side, path) => (/\.(gz|xz|zst)$/.test(path) ? null : content(side, path)),
      names: (side, path) => looks[side].names.get(path) ?? [],
      owners: () => ({ users: new Set(), groups: new Set() }),
      device: () => false,
    },
    verdictOf: () => ({
      verb: 'persist',
      rule: defaultRule,
      exact: false,
      strategy: { name: strategy, rule: defaultRule, exact: false },
      class: null,
      to: null,
    }),
    settle: (draft) => makeItem(draft, { choices: noChoices, digest: (bytes) => bytes }),
  };
}

type Look = { readonly entries: ReadonlyMap<string, Entry>; readonly names: ReadonlyMap<string, readonly string[]> };

function lookAt(tree: Nodes): Look {
  const entries = new Map<string, Entry>();
  const names = new Map<string, string[]>();
  for (const [path, node] of tree) {
    for (const above of ancestorsOf(path)) entries.set(above, entryOf({ type: 'directory' }));
    entries.set(path, entryOfNode(node));
  }
  for (const path of entries.keys()) if (path !== '/') names.set(parentOf(path), []);
  for (const path of [...entries.keys()].sort()) if (path !== '/') names.get(parentOf(path))?.push(nameOf(path));
  return { entries, names };
}

function entryOfNode(node: Node): Entry {
  return 'content' in node ? entryOf({ size: node.content.length }) : entryOf({ type: 'symlink', target: node.target });
}

function factsOf(trees: Trees, looks: Record<Side, Look>): PathFacts[] {
  const paths = [...new Set([...looks.base.entries.keys(), ...looks.ours.entries.keys()])].sort(comparePaths);
  return paths.flatMap((path): PathFacts[] => {
    const [base, ours, theirs] = sides.map((side) => looks[side].entries.get(path) ?? null);
    const same = isSame(trees.base.get(path), trees.ours.get(path));
    if (same && base?.type === ours?.type) return [];
    const sameContent = { baseOurs: same, baseTheirs: false, oursTheirs: false };
    return [{ path, role: 'changed', base: base ?? null, ours: ours ?? null, theirs: theirs ?? null, sameContent }];
  });
}

function isSame(a: Node | undefined, b: Node | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return 'content' in a ? 'content' in b && a.content === b.content : 'target' in b && a.target === b.target;
}

/** The tree that comes of decisions: what nobody decided is as ours where that was changed, else as theirs. */
export function resultOf(
  { base, ours, theirs }: Trees,
  decided: ReadonlyMap<string, JointDecision>,
): Map<string, Node> {
  const result = new Map<string, Node>();
  for (const path of new Set([...base.keys(), ...ours.keys(), ...theirs.keys(), ...decided.keys()])) {
    const usual = isSame(base.get(path), ours.get(path)) ? theirs.get(path) : ours.get(path);
    const decision = decided.get(path);
    const node = decision === undefined ? usual : nodeOf(decision, path, ours, theirs);
    if (node !== undefined && node !== null) place(result, path, node);
  }
  return result;
}

function nodeOf(decision: JointDecision, path: string, ours: Nodes, theirs: Nodes): Node | null {
  switch (decision.node) {
    case 'ours':
      return ours.get(path) ?? null;
    case 'theirs':
      return theirs.get(path) ?? null;
    case 'ours-from':
      return ours.get(decision.from) ?? null;
    case 'absent':
    // Directories are there with what is in them.
    case 'directory':
      return null;
    case 'content':
      return { content: decision.content };
    case 'symlink':
      return { target: decision.target };
  }
}
