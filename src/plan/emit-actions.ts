import type { ByteString } from '../domain/bytes.ts';
import { type Entry, inodeFlags } from '../domain/entry.ts';
import { parentOf, type RootPath } from '../domain/path.ts';
import { type Action, type Attributes, type ContentSource, sizesOf } from '../domain/plan.ts';
import { attributesOf, type TimelessAttributes } from '../merge/attributes.ts';
import { isPresent, type MixedContent, type Node, type Proposal } from './proposal.ts';

/** The effects that make theirs into the result, and the merged contents that they name. */
export type Emitted = { readonly actions: Action[]; readonly blobs: ReadonlyMap<string, ByteString> };

type Emitter = {
  readonly root: string;
  readonly digest: (bytes: ByteString) => string;
  readonly actions: Action[];
  readonly blobs: Map<string, ByteString>;
  /** The first path of each inode that is carried whole, so that further names of it become links again. */
  readonly linkable: Map<string, RootPath>;
};

/** Turns fitted proposals, in the order of a walk, into actions in the same order. */
export function emitActions(tree: readonly Proposal[], root: string, digest: Emitter['digest']): Emitted {
  const emitter: Emitter = { root, digest, actions: [], blobs: new Map(), linkable: new Map() };
  for (const proposal of tree) emit(emitter, proposal);
  return { actions: [...emitter.actions, ...restoredParents(emitter, tree)], blobs: emitter.blobs };
}

function emit(emitter: Emitter, { node, facts }: Proposal): void {
  const { path, ours, theirs } = facts;
  if (node.kind === 'theirs' && theirs !== null && facts.reowned === true) setAttributes(emitter, path, theirs);
  if (node.kind === 'placed') place(emitter, path, node, theirs);
  if (node.kind === 'absent') remove(emitter, path, theirs);
  if (node.kind === 'ours' && ours !== null) placeOurs(emitter, path, ours, theirs);
  if (node.kind === 'mixed' && ours !== null && theirs !== null) placeMix(emitter, path, { ...node, ours, theirs });
}

/** Theirs stays, but has other numbers of owners. */
function setAttributes({ actions, root }: Emitter, path: RootPath, theirs: Entry): void {
  const attributes = { ...attributesOf(theirs), mtime: theirs.mtime };
  actions.push({ kind: 'attributes', root, path, type: theirs.type, attributes });
}

function place(emitter: Emitter, path: RootPath, node: Extract<Node, { kind: 'placed' }>, theirs: Entry | null): void {
  const { what, attributes } = node;
  const { actions, root } = emitter;
  if (theirs !== null && (theirs.type === 'directory') !== (what.type === 'directory')) remove(emitter, path, theirs);
  if (what.type === 'directory') actions.push({ kind: 'directory', root, path, attributes });
  else if (what.type === 'symlink') actions.push({ kind: 'symlink', root, path, target: what.target, attributes });
  else if (typeof what.content === 'string')
    actions.push({ kind: 'file', root, path, content: asBlob(emitter, what.content), attributes });
  else actions.push({ kind: 'file', root, path, content: { from: 'ours', ...what.content }, attributes });
}

function asBlob({ digest, blobs }: Emitter, content: ByteString): ContentSource {
  const sha256 = digest(content);
  blobs.set(sha256, content);
  return { from: 'blob', size: content.length, sha256 };
}

function placeOurs(emitter: Emitter, path: RootPath, ours: Entry, theirs: Entry | null): void {
  // Everything else replaces what is there by one rename; a directory neither replaces nor is replaced that way.
  if (theirs !== null && (theirs.type === 'directory') !== (ours.type === 'directory')) remove(emitter, path, theirs);
  const attributes = { ...attributesOf(ours), xattrs: ours.xattrs, mtime: ours.mtime };
  if (ours.type === 'file') placeFile(emitter, path, { from: 'ours', ...sizesOf(ours) }, attributes, ours);
  else placeOther(emitter, path, ours, attributes);
}

type MixAt = {
  readonly content: MixedContent;
  readonly attributes: TimelessAttributes;
  readonly ours: Entry;
  readonly theirs: Entry;
};

function placeMix(emitter: Emitter, path: RootPath, { content, attributes: timeless, ours, theirs }: MixAt): void {
  const attributes = { ...timeless, mtime: timeOf(content, ours, theirs) };
  if (ours.type === 'directory') {
    emitter.actions.push({
      kind: 'attributes',
      root: emitter.root,
      path,
      type: 'directory',
      attributes: { ...attributes, mtime: ours.mtime },
    });
  } else if (ours.type !== 'file') {
    placeOther(emitter, path, content === 'theirs' ? theirs : ours, attributes);
  } else if (typeof content === 'object') {
    placeFile(emitter, path, asBlob(emitter, content.merged), attributes, ours);
  } else if (content === 'ours') {
    placeFile(emitter, path, { from: 'ours', ...sizesOf(ours) }, attributes, ours);
  } else if (theirs.inode.links > 1 || copyOnWrite(theirs.flags) !== copyOnWrite(attributes.flags)) {
    // In place, the change would reach every other name of the file (case 39), and copy-on-write cannot be switched
    // where there is content.
    placeFile(emitter, path, { from: 'theirs', ...sizesOf(theirs) }, attributes, theirs);
  } else {
    emitter.actions.push({ kind: 'attributes', root: emitter.root, path, type: 'file', attributes });
  }
}

function placeFile(
  emitter: Emitter,
  path: RootPath,
  content: ContentSource,
  attributes: Attributes,
  source: Entry,
): void {
  const { root, linkable, actions } = emitter;
  const linked = source.inode.links > 1;
  const inode = linked ? JSON.stringify([content, source.inode.device, source.inode.number, attributes]) : '';
  const existing = linkable.get(inode);
  if (linked && existing !== undefined) {
    actions.push({ kind: 'link', root, path, existing });
    return;
  }
  if (linked) linkable.set(inode, path);
  actions.push({ kind: 'file', root, path, content, attributes });
}

function copyOnWrite(flags: number): boolean {
  return (flags & inodeFlags.noCopyOnWrite) === 0;
}

function placeOther(emitter: Emitter, path: RootPath, entry: Entry, attributes: Attributes): void {
  const { root, actions } = emitter;
  const { type } = entry;
  if (type === 'directory') actions.push({ kind: 'directory', root, path, attributes });
  if (type === 'symlink') actions.push({ kind: 'symlink', root, path, target: entry.target ?? '', attributes });
  if (type === 'fifo' || type === 'character' || type === 'block') {
    actions.push({ kind: 'node', root, path, type, device: entry.device ?? null, attributes });
  }
}

function remove(emitter: Emitter, path: RootPath, theirs: Entry | null): void {
  if (theirs === null) return;
  emitter.actions.push({ kind: 'remove', root: emitter.root, path, directory: theirs.type === 'directory' });
}

/** Merged content has the later of both times; there is no clock to ask. */
function timeOf(content: MixedContent, ours: Entry, theirs: Entry): Attributes['mtime'] {
  if (content === 'ours') return ours.mtime;
  if (content === 'theirs') return theirs.mtime;
  const later =
    ours.mtime.seconds > theirs.mtime.seconds ||
    (ours.mtime.seconds === theirs.mtime.seconds && ours.mtime.nanoseconds > theirs.mtime.nanoseconds);
  return later ? ours.mtime : theirs.mtime;
}

/**
 * Directories of the image in which names come and go get their own attributes back, their time above all; the root too, in
 * which apply works.
 */
function restoredParents({ actions, root }: Emitter, tree: readonly Proposal[]): Action[] {
  const own = new Set(actions.filter((action) => action.kind !== 'remove').map((action) => action.path));
  // An attribute set touches no directory but, like every action, has apply work in the root.
  const touched = new Set(actions.flatMap(({ kind, path }) => (kind === 'attributes' ? ['/'] : ['/', parentOf(path)])));
  const restored: Action[] = [];
  for (const proposal of tree) {
    const { path, theirs } = proposal.facts;
    if (!touched.has(path) || own.has(path) || theirs?.type !== 'directory' || !isPresent(proposal)) continue;
    const attributes = { ...attributesOf(theirs), mtime: theirs.mtime };
    restored.push({ kind: 'attributes', root, path, type: 'directory', attributes });
  }
  return restored;
}
