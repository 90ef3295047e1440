import type { ByteString } from '../domain/bytes.ts';
import type { Boundary, Unreadable } from '../domain/change.ts';
import { type Entry, sameTimestamp } from '../domain/entry.ts';
import { sameAttributes, sameEntry, sameInlineContent } from '../domain/identity.ts';
import { childOf, comparePaths, type RootPath } from '../domain/path.ts';
import type { ContentComparer, Files } from '../system/files.ts';
import { boundaryToRead, inodeKey, rootKeys } from './boundary.ts';
import { declaredMounts } from './declared-mounts.ts';
import { mergeSorted } from './merge-sorted.ts';
import { looking } from './read-failure.ts';

/** What the walk asks the policy, and whom it tells that it is alive. */
export type Interest = {
  /** Whether the policy leaves the path to the image: then equal size and time are taken for equal content. */
  readonly isIgnored: (path: RootPath) => boolean;
  /** Whether a rule wants the path although it does not differ (case 4). */
  readonly isPinned: (path: RootPath) => boolean;
  readonly onProgress: (scanned: number) => void;
};

/** A path at which ours differs from base, or that is pinned. */
export type FoundChange = {
  readonly path: RootPath;
  readonly base: Entry | null;
  readonly ours: Entry | null;
  readonly sameContent: boolean;
  readonly role: 'changed' | 'pinned';
};

export type Walk = {
  readonly changes: FoundChange[];
  readonly boundaries: Boundary[];
  readonly unreadable: Unreadable[];
  scanned: number;
};

/** What a walk goes by, and what it has found. */
export type Walker = {
  /** Null below a place where base has no directory or is not one filesystem: what ours has there counts as added. */
  readonly base: Files | null;
  readonly ours: Files;
  /** The roots of the migration, of which none is entered as a part of another. */
  readonly roots: ReadonlySet<string>;
  /** Where ours mounts something by its /etc/fstab: in an initramfs nothing is mounted there. */
  readonly declared: ReadonlySet<RootPath>;
  /** Compares contents meanwhile; null where nothing does. */
  readonly comparer: ContentComparer | null;
  readonly interest: Interest;
  readonly walk: Walk;
};
type Pair = { readonly base: Entry | null; readonly ours: Entry | null };
export type Look = Pair & {
  readonly sameContent: boolean;
  /** Whether nothing that counts differs. */
  readonly equal: boolean;
  readonly boundaries: readonly Boundary[];
  readonly baseNames: readonly ByteString[];
  readonly oursNames: readonly ByteString[];
};

const nothing: readonly never[] = [];

/**
 * Finds every path at which ours differs from base, in the order of a walk. Contents are read where sizes are equal,
 * whatever the times say (cases 1, 2, 3). Neither mounts nor nested subvolumes are entered (case 121), nor one of the
 * roots, `others` included, where it lies inside ours (case 31).
 */
export function walkChanges(base: Files, ours: Files, interest: Interest, others: readonly Files[] = []): Walk {
  const walker = startWalk(base, ours, interest, others);
  return finishing(walker, () => visitAll(walker, '/'));
}

/** Runs the walk to its end; where it fails, nothing of it is left with the second thread. */
export function finishing(walker: Walker, walk: () => void): Walk {
  try {
    walk();
  } catch (error) {
    walker.comparer?.finish(() => undefined);
    throw error;
  }
  return finishWalk(walker);
}

/** A walk that has found nothing yet. */
export function startWalk(base: Files, ours: Files, interest: Interest, others: readonly Files[]): Walker {
  const walk: Walk = { changes: [], boundaries: [], unreadable: [], scanned: 0 };
  const roots = rootKeys([base, ours, ...others]);
  return { base, ours, roots, declared: declaredMounts(ours), comparer: base.contentComparer(ours), interest, walk };
}

/** Waits for the contents that are compared meanwhile, and looks again at each path where they were not found to be the same. */
export function finishWalk(walker: Walker): Walk {
  const { walk, comparer, interest } = walker;
  const doubtful = comparer?.finish(() => interest.onProgress(walk.scanned)) ?? [];
  if (doubtful.length === 0) return walk;
  for (const path of doubtful) {
    walk.scanned -= 1;
    visitAll({ ...walker, comparer: null }, path);
  }
  for (const found of [walk.changes, walk.boundaries, walk.unreadable]) {
    found.sort((a, b) => comparePaths(a.path, b.path));
  }
  return walk;
}

/** Compares all that is at the path and below it. */
export function visitAll(walker: Walker, path: RootPath): void {
  const found = visitWithNames(walker, path);
  if (found === null) return;
  const { inside, names } = found;
  for (let start = 0; start < names.length; ) {
    const end = names.indexOf(separator, start);
    visitAll(inside, childOf(path, names.slice(start, end)));
    start = end + 1;
  }
}

/** Stands in no name. */
const separator = '/';

/**
 * The same for one path, with the names inside, each followed by the separator: as one string, so that the names of a
 * large directory are not kept one by one while its entries are compared.
 */
function visitWithNames(walker: Walker, path: RootPath): { inside: Walker; names: ByteString } | null {
  const look = visit(walker, path);
  if (look === null) return null;
  const inside = insideOf(walker, look);
  const names = mergeSorted(look.baseNames, look.oursNames);
  return { inside, names: names.length === 0 ? '' : `${names.join(separator)}${separator}` };
}

/** What is known of a path before it is looked at. */
export type Known = {
  readonly contentIsEqual: boolean;
  /** What differs in it, where it is a directory on both sides: then its names are not read, and not returned. */
  readonly inside: boolean;
};

const nothingKnown: Known = { contentIsEqual: false, inside: false };

/** Compares what is at the path, notes what there is to note, and returns it; null where there is nothing, or nothing readable. */
export function visit(walker: Walker, path: RootPath, known: Known = nothingKnown): Look | null {
  const { base, ours, walk, interest } = walker;
  const sides = base === null ? { ours } : { base, ours };
  const look = looking(path, sides, walk.unreadable, () => lookAt(walker, path, known));
  if (look === null || (look.base === null && look.ours === null)) return null;
  walk.scanned += 1;
  if (walk.scanned % 4096 === 0) interest.onProgress(walk.scanned);
  for (const boundary of look.boundaries) walk.boundaries.push(boundary);
  if (!hidesItself(look)) recordIfWanted(walker, path, look);
  return look;
}

/** How the walk goes on below what it has looked at. */
export function insideOf(walker: Walker, { base, boundaries }: Look): Walker {
  if (walker.base === null) return walker;
  const ends = base?.type !== 'directory' || boundaries.some(({ side }) => side === 'base');
  return ends ? { ...walker, base: null } : walker;
}

function lookAt(walker: Walker, path: RootPath, known: Known): Look {
  const { base, ours } = walker;
  const pair = { base: base?.entry(path) ?? null, ours: ours.entry(path) };
  const sameContent = compareContent(walker, path, pair, known.contentIsEqual);
  const equal = pair.base !== null && pair.ours !== null && sameEntry(pair.base, pair.ours, sameContent);
  const oursBoundary = pair.ours === null ? null : boundaryAt(walker, path, pair.ours, equal);
  const boundaries = oursBoundary === null ? nothing : [oursBoundary];
  const childless: Look = {
    base: pair.base,
    ours: pair.ours,
    sameContent,
    equal,
    boundaries,
    baseNames: nothing,
    oursNames: nothing,
  };
  // What is under a mount of ours was not deleted here, so base's names below it say nothing either.
  if (oursBoundary !== null || sameInode(pair)) return childless;
  if (known.inside && needsNoNames(walker, path, pair)) return childless;
  const oursNames = pair.ours?.type === 'directory' ? ours.list(path) : nothing;
  if (base === null || pair.base?.type !== 'directory') return { ...childless, oursNames };
  const baseNames = base.list(path);
  if (isEmptyMountPoint(walker, path, pair, { oursNames, baseNames })) {
    return { ...childless, boundaries: [{ path, side: 'ours', kind: 'mount', empty: true, declared: true }] };
  }
  const kind = boundaryToRead(base, path);
  if (kind === null) return { ...childless, oursNames, baseNames };
  return { ...childless, oursNames, boundaries: [{ path, side: 'base', kind, empty: baseNames.length === 0 }] };
}

/** To list a large directory takes longer than everything else. */
function needsNoNames({ base, declared }: Walker, path: RootPath, pair: Pair): boolean {
  if (base === null || pair.base?.type !== 'directory' || pair.ours?.type !== 'directory') return false;
  return !declared.has(path) && boundaryToRead(base, path) === null;
}

/** What was delivered there lies under the mount, or on it, and is not deleted: so it looks the same from an initramfs. */
function isEmptyMountPoint(
  { declared }: Walker,
  path: RootPath,
  { ours }: Pair,
  { oursNames, baseNames }: Pick<Look, 'oursNames' | 'baseNames'>,
): boolean {
  return ours?.type === 'directory' && oursNames.length === 0 && baseNames.length > 0 && declared.has(path);
}

/** Files are asked only where they differ: a mount on a file is rare, and asking costs as much as reading its status. */
function boundaryAt({ ours, roots, declared }: Walker, path: RootPath, entry: Entry, equal: boolean): Boundary | null {
  if (entry.type !== 'directory') {
    const kind = equal ? null : boundaryToRead(ours, path);
    return kind === null ? null : { path, side: 'ours', kind, empty: false };
  }
  const kind = path !== '/' && roots.has(inodeKey(entry)) ? 'root' : boundaryToRead(ours, path);
  if (kind === null) return null;
  const boundary = { path, side: 'ours', kind, empty: ours.list(path).length === 0 } as const;
  return kind === 'mount' && declared.has(path) ? { ...boundary, declared: true } : boundary;
}

/** What is mounted on something of base's hides whether that was changed; another root is no change of ours at all. */
function hidesItself({ base, ours, boundaries }: Look): boolean {
  const kind = boundaries.find(({ side }) => side === 'ours')?.kind;
  if (kind === 'mount') return ours?.type !== 'directory' || base?.type === 'directory';
  return kind === 'root';
}

function recordIfWanted({ walk, interest }: Walker, path: RootPath, { base, ours, sameContent, equal }: Look): void {
  if (!equal) walk.changes.push({ path, base, ours, sameContent, role: 'changed' });
  else if (interest.isPinned(path)) walk.changes.push({ path, base, ours, sameContent, role: 'pinned' });
}

/** Whether both sides hold the same content. */
function compareContent(walker: Walker, path: RootPath, { base, ours }: Pair, contentIsEqual: boolean): boolean {
  if (walker.base === null || base === null || ours === null || base.type !== ours.type) return false;
  if (base.type !== 'file') return sameInlineContent(base, ours);
  if (base.size !== ours.size) return false;
  if (base.size === 0 || contentIsEqual || sameInode({ base, ours })) return true;
  if (sameTimestamp(base.mtime, ours.mtime) && walker.interest.isIgnored(path)) return true;
  return isTakenOn(walker, path, base, ours) || walker.base.sameContent(path, walker.ours, path);
}

/** Whether the content counts as the same until the walk is finished: only where nothing of the path is noted then. */
function isTakenOn({ comparer, interest }: Walker, path: RootPath, base: Entry, ours: Entry): boolean {
  return comparer !== null && sameAttributes(base, ours) && !interest.isPinned(path) && comparer.take(path);
}

function sameInode({ base, ours }: Pair): boolean {
  return (
    base !== null && ours !== null && base.inode.device === ours.inode.device && base.inode.number === ours.inode.number
  );
}
