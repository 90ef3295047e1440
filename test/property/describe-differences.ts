import { displayBytes } from '../../src/domain/bytes.ts';
import type { RootPath } from '../../src/domain/path.ts';
import { placesOf, type TreeNode } from './tree-node.ts';

/** In what two trees differ, a line a difference; `timeless` names paths whose time does not count. */
export function describeDifferences(actual: TreeNode, expected: TreeNode, timeless: ReadonlySet<RootPath>): string[] {
  const [left, right] = [byPath(actual), byPath(expected)];
  const [leftNames, rightNames] = [firstNames(actual), firstNames(expected)];
  return [...new Set([...left.keys(), ...right.keys()])].sort().flatMap((path) => {
    const [a, e] = [left.get(path), right.get(path)];
    const name = displayBytes(path);
    if (a === undefined) return [`${name}: missing, should be ${e?.type}`];
    if (e === undefined) return [`${name}: ${a.type}, should not be there`];
    const lines = differencesOfNodes(a, e, timeless.has(path)).map((line) => `${name}: ${line}`);
    const [first, wanted] = [leftNames.get(a), rightNames.get(e)];
    return first === wanted
      ? lines
      : [...lines, `${name}: a ${a.type} that is the same as ${show(first)}, should be as ${show(wanted)}`];
  });
}

function differencesOfNodes(a: TreeNode, e: TreeNode, isTimeless: boolean): string[] {
  const properties = ['type', 'content', 'mode', 'uid', 'gid', 'flags', 'xattrs', 'sparse', 'mtime'] as const;
  return properties
    .filter((property) => property !== 'mtime' || !isTimeless)
    .map((property) => [property, show(a[property]), show(e[property])] as const)
    .filter(([, actual, expected]) => actual !== expected)
    .map(([property, actual, expected]) => `${property} is ${shorten(actual)}, should be ${shorten(expected)}`);
}

function show(value: unknown): string {
  if (value instanceof Map) return JSON.stringify([...value].sort());
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing');
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 140)}…${text.slice(-140)}` : text;
}

function byPath(tree: TreeNode): Map<RootPath, TreeNode> {
  return new Map([...placesOf(tree)].map(({ path, node }) => [path, node]));
}

/** Each file's first name: two names of one file have the same. */
function firstNames(tree: TreeNode): Map<TreeNode, RootPath> {
  const names = new Map<TreeNode, RootPath>();
  for (const { path, node } of placesOf(tree)) if (!names.has(node)) names.set(node, path);
  return names;
}
