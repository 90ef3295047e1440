import { nameOf, parentOf } from '../../src/domain/path.ts';
import type { Random } from '../merge/text/random.ts';
import { chooseTime } from './attributes.ts';
import {
  addLink,
  changeAttributes,
  chooseContent,
  chooseDevice,
  chooseName,
  chooseTarget,
  generateNode,
  type Outside,
} from './generate-tree.ts';
import { nodeAt, placesOf, type TreeNode } from './tree-node.ts';

/** A place that an edit is made at: a name in a directory. */
type Place = { readonly directory: TreeNode; readonly name: string; readonly node: TreeNode };

/** Where both sides like to edit, as steps of picking; makes their edits meet. */
export type Hot = readonly number[];

type Edit = (random: Random, place: Place, root: TreeNode, outside: Outside) => void;

// biome-ignore format: a list to look over
const edits: readonly Edit[] = [
  editContent, editContent, editContent, editContent, replaceContent, retype, retype, linkOutside, remove, remove, add, add,
  attributes, attributes, attributes, attributesAbove, touch, move, unlinked, (random, _place, root) => addLink(random, root),
];

/** A copy of a tree with random edits in it. Names of one file stay names of one file. */
export function editedCopy(random: Random, tree: TreeNode, outside: Outside, hot: Hot, count: number): TreeNode {
  const copy = structuredClone(tree);
  for (let left = count; left > 0; left -= 1) {
    const place = choosePlace(random, copy, hot);
    if (place !== null) random.pick(edits)(random, place, copy, outside);
  }
  if (random.chance(0.3)) changeAttributes(random, copy, true);
  return copy;
}

/** All times new, as in an image that was built again from the same content (case 2). */
export function rebuild(random: Random, tree: TreeNode): void {
  tree.mtime = chooseTime(random);
  for (const child of tree.children.values()) rebuild(random, child);
}

/** Changes the attributes of one name of a file that the image has under several: the others must not notice (case 39). */
export function loosenLink(random: Random, ours: TreeNode, theirs: TreeNode): void {
  const places = [...placesOf(theirs)].filter(({ node }) => node.type === 'file');
  for (const { path, node } of places) {
    const directory = nodeAt(ours, parentOf(path));
    const own = nodeAt(ours, path);
    if (own?.type !== 'file' || places.filter((other) => other.node === node).length < 2) continue;
    const loosened = { ...structuredClone(own), content: node.content, sparse: node.sparse };
    changeAttributes(random, loosened);
    directory?.children.set(nameOf(path), loosened);
    return;
  }
}

function choosePlace(random: Random, root: TreeNode, hot: Hot): Place | null {
  const places = placesIn(root);
  const at = random.chance(0.6) ? random.pick(hot) % Math.max(places.length, 1) : random.below(places.length);
  return places[at] ?? null;
}

function placesIn(directory: TreeNode): Place[] {
  return [...directory.children]
    .filter(([name]) => name !== 'var')
    .flatMap(([name, node]) => [{ directory, name, node }, ...placesIn(node)]);
}

function editContent(random: Random, { node }: Place, _root: TreeNode, outside: Outside): void {
  if (node.type === 'file') Object.assign(node, editedLines(random, node));
  if (node.type === 'symlink') node.content = chooseTarget(random, outside);
  if (node.type === 'character' || node.type === 'block') node.content = chooseDevice(random);
  // Half of the edits keep the time, as rsync -t and cp -p do (case 1).
  if (random.chance(0.5)) node.mtime = chooseTime(random);
}

function editedLines(random: Random, { content, sparse }: TreeNode): Pick<TreeNode, 'content' | 'sparse'> {
  if (sparse || content.includes('\0')) return { content: `${content.slice(0, -1)}${random.below(10)}`, sparse };
  const lines = content.split('\n');
  const line = random.pick([`new ${random.below(4)}`, `changed ${random.below(2)}`]);
  lines.splice(random.below(lines.length), random.below(2), line);
  return { content: lines.join('\n'), sparse };
}

function replaceContent(random: Random, { node }: Place): void {
  if (node.type === 'file') Object.assign(node, chooseContent(random));
}

function retype(random: Random, { directory, name }: Place, _root: TreeNode, outside: Outside): void {
  directory.children.set(name, generateNode(random, 2, outside));
}

/** What was a directory now leads out of the root (cases 17, 18, 20). */
function linkOutside(
  random: Random,
  { directory, name }: Place,
  _root: TreeNode,
  { absolute, relative }: Outside,
): void {
  const node = generateNode(random, 0, { absolute, relative });
  const content = `${random.pick([absolute, relative])}/${random.pick([name, ''])}`;
  directory.children.set(name, {
    ...node,
    type: 'symlink',
    mode: 0o777,
    flags: 0,
    xattrs: new Map(),
    sparse: false,
    content,
  });
}

function remove(_random: Random, { directory, name }: Place): void {
  directory.children.delete(name);
}

function add(random: Random, { directory, node }: Place, _root: TreeNode, outside: Outside): void {
  const target = node.type === 'directory' ? node : directory;
  target.children.set(chooseName(random), generateNode(random, 2, outside));
}

function attributes(random: Random, { node }: Place): void {
  changeAttributes(random, node);
}

function attributesAbove(random: Random, { directory }: Place, root: TreeNode): void {
  changeAttributes(random, directory, directory === root);
}

function touch(random: Random, { node }: Place): void {
  node.mtime = chooseTime(random);
}

function move(random: Random, { directory, name, node }: Place, root: TreeNode): void {
  directory.children.delete(name);
  const directories = placesIn(root)
    .map((place) => place.node)
    .filter(({ type }) => type === 'directory');
  const target = random.chance(0.5) || directories.length === 0 ? root : random.pick(directories);
  target.children.set(chooseName(random), node);
}

/** A name of its own for what was one of several names of a file. */
function unlinked(_random: Random, { directory, name, node }: Place): void {
  directory.children.set(name, structuredClone(node));
}
