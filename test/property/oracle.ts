import { aclAccess, aclDefault, fileCapability, selinuxLabel } from '../../src/domain/entry.ts';
import { childOf, isBelow, type RootPath } from '../../src/domain/path.ts';
import { mergeFileWithGit } from './merge-file-with-git.ts';
import type { TreeNode } from './tree-node.ts';

/**
 * What a migration must make of three trees: section 4 of the design, written a second time from its text, as one
 * recursion over trees in memory where the product decides path by path and then fits. Where the design is silent:
 *
 * 1. The time goes with the content: of the side it was taken from, the later one of merged lines. A directory has ours'
 *    where its attributes are not theirs'.
 * 2. Content that both sides have alike is theirs' (so its time is).
 * 3. Setgid on a directory is inheritance and stays with the mode. Where a side has a privilege, owner, group and
 *    privilege are one property: one side's privilege must not meet the other side's group.
 * 4. A socket or whiteout of ours says nothing: the path has what theirs has (case 9). What was below it in base counts
 *    as deleted.
 * 5. A directory of ours meets something else of theirs. It stays, whole (but for sockets and whiteouts), where it was
 *    changed itself or anything in it was and is still there; else theirs' stands.
 * 6. A directory that is deleted here or removed there but has something in it that stays: theirs' where theirs has a
 *    directory, else ours'.
 * 7. What a person reads of a clash names a path only where theirs differs from base there. A directory that comes whole
 *    is one question, not one for each path in it.
 * 8. Links, fifos and devices with several names come as one each: only what has content to share stays linked.
 */
export type Expected = {
  readonly tree: TreeNode;
  /** Paths at which ours differs from base. */
  readonly changed: ReadonlySet<RootPath>;
  /** Paths of which an item must speak. */
  readonly noteworthy: ReadonlySet<RootPath>;
};

type Maybe = TreeNode | undefined;
type Notes = {
  readonly changed: Set<RootPath>;
  readonly noteworthy: Set<RootPath>;
  readonly made: Map<TreeNode, Map<string, TreeNode>>;
};

/** Decides all of three trees. */
export function expectedResult(base: TreeNode, ours: TreeNode, theirs: TreeNode): Expected {
  const notes: Notes = { changed: new Set(), noteworthy: new Set(), made: new Map() };
  const tree = merge('/', base, ours, theirs, notes);
  if (tree === undefined) throw new Error('a root cannot vanish');
  return { tree, changed: notes.changed, noteworthy: notes.noteworthy };
}

type Sides = readonly [b: Maybe, o: Maybe, t: Maybe];

function merge(path: RootPath, b: Maybe, o: Maybe, t: Maybe, notes: Notes): Maybe {
  if (!same(b, o)) notes.changed.add(path);
  const own = decide(path, b, o, t, notes);
  const hides = own !== undefined && own.type !== 'directory' && !same(b, o) && !isNeverCarried(o);
  // What is hidden is walked all the same, for the changes of ours in it.
  const children = mergeChildren(path, [b, o, hides ? undefined : t], notes);
  if (!hides) return fit(path, [b, o, t], own, children, notes);
  nameHidden(path, b, t, notes);
  return own;
}

function mergeChildren(path: RootPath, sides: Sides, notes: Notes): TreeNode['children'] {
  const names = new Set(sides.flatMap((side) => [...(side?.children.keys() ?? [])]));
  const children: TreeNode['children'] = new Map();
  for (const name of names) {
    const [b, o, t] = sides.map((side) => side?.children.get(name));
    const child = merge(childOf(path, name), b, o, t, notes);
    if (child !== undefined) children.set(name, child);
  }
  return children;
}

/** Makes one of what the path gets by itself and what stays or arrives in it. */
function fit(path: RootPath, [b, o, t]: Sides, own: Maybe, children: TreeNode['children'], notes: Notes): Maybe {
  const clash = o?.type === 'directory' && t !== undefined && t.type !== 'directory';
  if (clash && (children.size > 0 || own?.type === 'directory')) return keepWhole(path, b, o, t, notes);
  if (own === undefined) return children.size === 0 ? undefined : asParent(o, t, children);
  return own.type === 'directory' ? { ...own, children } : own;
}

/** What theirs has new or otherwise below something of ours that is no directory. */
function nameHidden(path: RootPath, b: Maybe, t: Maybe, notes: Notes): void {
  for (const [name, child] of t?.children ?? []) {
    const old = b?.children.get(name);
    if (!same(old, child)) notes.noteworthy.add(childOf(path, name));
    nameHidden(childOf(path, name), old, child, notes);
  }
}

/** What stands at the path by itself, as a node without children. */
function decide(path: RootPath, b: Maybe, o: Maybe, t: Maybe, notes: Notes): Maybe {
  if (same(b, o) || isNeverCarried(o) || same(o, t)) return untouched(t, notes);
  const disagree = o === undefined || t === undefined || o.type !== t.type || (b !== undefined && b.type !== o.type);
  if (disagree && !same(b, t)) notes.noteworthy.add(path);
  if (o === undefined) return undefined;
  if (disagree) return carried(o, notes);
  return mix(path, b, o, t, notes);
}

function mix(path: RootPath, b: Maybe, o: TreeNode, t: TreeNode, notes: Notes): TreeNode {
  const content = mixContent(path, b, o, t, notes);
  const attributes = mixAttributes(path, b, o, t, notes);
  if (o.type === 'directory') {
    const theirs = sameAttributes(attributes, t);
    return { ...o, ...attributes, mtime: theirs ? t.mtime : o.mtime, children: new Map() };
  }
  if (content.source === t && sameAttributes(attributes, t)) return untouched(t, notes) ?? t;
  const { source, ...rest } = content;
  if (source !== undefined) return once(notes, source, attributes, source === o ? 'ours' : 'changed theirs');
  // Names of one file here whose lines merge to the same are names of one file again.
  const merged = once(notes, o, attributes, `merged ${rest.mtime} ${rest.content}`);
  return Object.assign(merged, rest);
}

type Content = Pick<TreeNode, 'content' | 'mtime' | 'sparse'> & { readonly source: Maybe };

function mixContent(path: RootPath, b: Maybe, o: TreeNode, t: TreeNode, notes: Notes): Content {
  if (o.content === t.content || b?.content === o.content) return { ...t, source: t };
  if (b?.content === t.content) return { ...o, source: o };
  const merged = o.type === 'file' && b !== undefined ? mergeFileWithGit(b.content, o.content, t.content) : null;
  if (merged === null) {
    notes.noteworthy.add(path);
    return { ...o, source: o };
  }
  if (merged === t.content) return { ...t, source: t };
  if (merged === o.content) return { ...o, source: o };
  return { content: merged, mtime: laterTime(o, t), sparse: false, source: undefined };
}

function laterTime(o: TreeNode, t: TreeNode): bigint {
  // biome-ignore lint/complexity/useMathMinMax: Math.max takes no bigint
  return o.mtime < t.mtime ? t.mtime : o.mtime;
}

type Attributes = Pick<TreeNode, 'mode' | 'uid' | 'gid' | 'xattrs' | 'flags'>;

function mixAttributes(path: RootPath, b: Maybe, o: TreeNode, t: TreeNode, notes: Notes): Attributes {
  const privileged = [b, o, t].some(
    (side) => side !== undefined && (privilege(side) !== 0 || side.xattrs.has(fileCapability)),
  );
  const names = new Set([b, o, t].flatMap((side) => [...(side?.xattrs.keys() ?? [])]));
  const pick = (value: (node: TreeNode) => unknown): TreeNode => {
    const [vb, vo, vt] = [b, o, t].map((side) => (side === undefined ? 'missing' : JSON.stringify([value(side)])));
    if (vb === vo) return t;
    if (vb !== vt && vo !== vt) notes.noteworthy.add(path);
    return o;
  };
  const acl = (node: TreeNode): unknown => [
    node.mode - privilege(node),
    node.xattrs.get(aclAccess),
    node.xattrs.get(aclDefault),
  ];
  const permissions = pick(acl);
  const whole = (node: TreeNode): unknown => [node.uid, node.gid, privilege(node), node.xattrs.get(fileCapability)];
  const owner = pick(privileged ? whole : ({ uid }) => uid);
  const group = privileged ? owner : pick(({ gid }) => gid);
  const flags = pick((node) => node.flags);
  const xattrs = new Map<string, string>();
  for (const name of names) {
    const from = sourceOfXattr(name, { permissions, owner, t }) ?? pick((node) => node.xattrs.get(name) ?? null);
    const value = from.xattrs.get(name);
    if (value !== undefined) xattrs.set(name, value);
  }
  const mode = permissions.mode - privilege(permissions) + privilege(owner);
  return { mode, uid: owner.uid, gid: group.gid, flags: flags.flags, xattrs };
}

type Sources = { readonly permissions: TreeNode; readonly owner: TreeNode; readonly t: TreeNode };

function sourceOfXattr(name: string, { permissions, owner, t }: Sources): TreeNode | null {
  if (name === aclAccess || name === aclDefault) return permissions;
  if (name === fileCapability) return owner;
  return name === selinuxLabel ? t : null;
}

function keepWhole(path: RootPath, b: Maybe, o: TreeNode, t: TreeNode, notes: Notes): TreeNode {
  for (const below of [...notes.noteworthy]) if (isBelow(below, path)) notes.noteworthy.delete(below);
  if (!same(b, t)) notes.noteworthy.add(path);
  return whole(o, notes);
}

function whole(node: TreeNode, notes: Notes): TreeNode {
  const children = new Map<string, TreeNode>();
  for (const [name, child] of node.children) if (!isNeverCarried(child)) children.set(name, whole(child, notes));
  return node.type === 'directory' ? { ...node, children } : carried(node, notes);
}

function asParent(o: Maybe, t: Maybe, children: TreeNode['children']): TreeNode {
  const from = t?.type === 'directory' ? t : o;
  if (from?.type !== 'directory') throw new Error('something stays in a directory that no side has');
  return { ...from, children };
}

function carried(o: TreeNode, notes: Notes): TreeNode {
  return o.type === 'directory' ? { ...o, children: new Map() } : once(notes, o, o, 'ours');
}

function untouched(t: Maybe, notes: Notes): Maybe {
  if (t === undefined || t.type === 'directory') return t === undefined ? t : { ...t, children: new Map() };
  return once(notes, t, t, 'theirs');
}

/** Names of one file stay names of one file as long as they are treated alike. */
function once({ made }: Notes, source: TreeNode, attributes: Attributes, how: string): TreeNode {
  const { mode, uid, gid, flags, xattrs } = attributes;
  if (source.type !== 'file' && how !== 'theirs') return { ...source, mode, uid, gid, flags, xattrs };
  const key = JSON.stringify([how, mode, uid, gid, flags, [...xattrs].sort()]);
  const ofSource = made.get(source) ?? new Map<string, TreeNode>();
  const node = ofSource.get(key) ?? { ...source, mode, uid, gid, flags, xattrs };
  made.set(source, ofSource.set(key, node));
  return node;
}

function isNeverCarried(node: Maybe): boolean {
  return node?.type === 'socket' || node?.type === 'whiteout';
}

function privilege(node: TreeNode): number {
  return node.type === 'directory' ? 0 : node.mode & 0o6000;
}

/** Equal in content, type and attributes; neither time nor the SELinux label counts. */
function same(a: Maybe, b: Maybe): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.type === b.type && a.content === b.content && sameAttributes(a, b);
}

function sameAttributes(a: Attributes, b: Attributes): boolean {
  const list = ({ mode, uid, gid, flags, xattrs }: Attributes): string =>
    JSON.stringify([mode, uid, gid, flags, [...xattrs].filter(([name]) => name !== selinuxLabel).sort()]);
  return list(a) === list(b);
}
