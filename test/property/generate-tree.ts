import type { ByteString } from '../../src/domain/bytes.ts';
import type { Random } from '../merge/text/random.ts';
import { changeCapability, changeFlags, changeXattr, chooseOwner, choosePermissions, plainNode } from './attributes.ts';
import type { NodeType, TreeNode } from './tree-node.ts';

/** Names that break tools: control characters, no UTF-8, options, patterns, prefixes of each other, cases (6, 7, 26). */
// biome-ignore format: a list to look over
const names: readonly ByteString[] = [
  'a', 'b', 'foo', 'foobar', 'foo-bar', 'foo.', 'foo\x01', '-rf', 'new\nline', 'bad\xff\xfe', '*', '[a]', '?',
  'Case', 'case', '.git', 'CVS', 'tags', 'two words', 'caf\xc3\xa9', '\\', '"', '__proto__', 'constructor', 'n'.repeat(255),
];
const rareTypes: readonly NodeType[] = ['fifo', 'socket', 'character', 'block', 'whiteout'];

/** Where links may lead: a directory beside the trees that nothing may change. */
export type Outside = { readonly absolute: ByteString; readonly relative: ByteString };

/** A tree like a small root: two levels and a bit, every type, some names shared, attributes here and there. */
export function generateTree(random: Random, outside: Outside): TreeNode {
  const root = plainNode(random, 'directory', '');
  fill(random, root, 3, outside);
  for (let links = random.below(4); links > 0; links -= 1) addLink(random, root);
  if (random.chance(0.8)) addStateFolder(random, root);
  return root;
}

/** A new node, with something in it where it is a directory. */
export function generateNode(random: Random, depth: number, outside: Outside): TreeNode {
  const node = plainNode(random, chooseType(random, depth), '');
  if (node.type === 'file') Object.assign(node, chooseContent(random));
  if (node.type === 'symlink') node.content = chooseTarget(random, outside);
  if (node.type === 'character' || node.type === 'block') node.content = chooseDevice(random);
  if (node.type === 'whiteout') node.content = '0:0';
  if (node.type === 'directory') fill(random, node, depth - 1, outside);
  if (random.chance(0.3)) changeAttributes(random, node);
  return node;
}

/** One attribute, by chance. */
export function changeAttributes(random: Random, node: TreeNode, isRoot = false): void {
  const changes = [choosePermissions, choosePermissions, chooseOwner, changeXattr, changeXattr, changeCapability];
  if (random.chance(0.15)) changeFlags(random, node, isRoot);
  else random.pick(changes)(random, node);
}

export function chooseName(random: Random): ByteString {
  return random.pick(names);
}

export function chooseDevice(random: Random): ByteString {
  return random.pick(['1:3', '1:5', '8:1', '259:65536']);
}

export function chooseTarget(random: Random, { absolute, relative }: Outside): ByteString {
  const name = chooseName(random);
  return random.pick([name, `../${name}`, '/etc/nothing', absolute, `${absolute}/${name}`, relative, 'gone\xff', '.']);
}

/** Lines, few or many; bytes; nothing; or mostly a hole. */
export function chooseContent(random: Random): Pick<TreeNode, 'content' | 'sparse'> {
  const kind = random.below(10);
  if (kind === 0) return { content: '', sparse: false };
  if (kind === 1) return { content: `\0\xff${random.below(1000)}`, sparse: false };
  if (kind === 2) return { content: `head${'\0'.repeat(200_000)}tail ${random.below(1000)}`, sparse: true };
  const lines = Array.from({ length: 1 + random.below(12) }, (_, index) => `line ${index} ${random.below(3)}\n`);
  return { content: lines.join(''), sparse: false };
}

function fill(random: Random, directory: TreeNode, depth: number, outside: Outside): void {
  for (let count = 2 + random.below(5); count > 0; count -= 1) {
    directory.children.set(chooseName(random), generateNode(random, depth, outside));
  }
}

function chooseType(random: Random, depth: number): NodeType {
  if (depth > 0 && random.chance(0.35)) return 'directory';
  if (random.chance(0.15)) return 'symlink';
  return random.chance(0.15) ? random.pick(rareTypes) : 'file';
}

/** Gives a file, or what else is no directory, one more name. */
export function addLink(random: Random, root: TreeNode): void {
  const all = allNodes(root);
  const linkable = all.filter(({ type }) => type !== 'directory');
  const directories = all.filter(({ type }) => type === 'directory');
  if (linkable.length === 0) return;
  const directory = random.pick(directories);
  const name = chooseName(random);
  if (directory.children.get(name)?.type !== 'directory') directory.children.set(name, random.pick(linkable));
}

function allNodes(node: TreeNode): TreeNode[] {
  return [node, ...[...node.children.values()].flatMap(allNodes)];
}

/** Most roots have what the record of a migration is kept in; the names are none that edits choose. */
function addStateFolder(random: Random, root: TreeNode): void {
  const state = plainNode(random, 'directory', '');
  state.children.set('lib', plainNode(random, 'directory', ''));
  root.children.set('var', state);
}
