import type { ByteString } from '../domain/bytes.ts';
import type { Boundary, Unreadable } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { sameAttributes, sameInlineContent } from '../domain/identity.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { boundaryKind, inodeKey, rootKeys } from './boundary.ts';
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

type Walker = {
  /** Null below a place where base is not one filesystem: what ours has there counts as added. */
  readonly base: Files | null;
  readonly ours: Files;
  /** The roots of the migration, of which none is entered as a part of another. */
  readonly roots: ReadonlySet<string>;
  readonly interest: Interest;
  readonly walk: Walk;
};
type Pair = { readonly base: Entry | null; readonly ours: Entry | null };
type Look = Pair & {
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
  const walk: Walk = { changes: [], boundaries: [], unreadable: [], scanned: 0 };
  visit({ base, ours, roots: rootKeys([base, ours, ...others]), interest, walk }, '/');
  return walk;
}

function visit(walker: Walker, path: RootPath): void {
  const { base, ours, walk, interest } = walker;
  const sides = base === null ? { ours } : { base, ours };
  const look = looking(path, sides, walk.unreadable, () => lookAt(walker, path));
  if (look === null || (look.base === null && look.ours === null)) return;
  walk.scanned += 1;
  if (walk.scanned % 4096 === 0) interest.onProgress(walk.scanned);
  walk.boundaries.push(...look.boundaries);
  if (!hidesItself(look)) recordIfWanted(walker, path, look);
  const inside = look.boundaries.some(({ side }) => side === 'base') ? { ...walker, base: null } : walker;
  for (const name of mergeSorted(look.baseNames, look.oursNames)) visit(inside, childOf(path, name));
}

function lookAt(walker: Walker, path: RootPath): Look {
  const { base, ours } = walker;
  const pair = { base: base?.entry(path) ?? null, ours: ours.entry(path) };
  const sameContent = compareContent(walker, path, pair);
  const equal = isEqual(pair, sameContent);
  const oursBoundary = pair.ours === null ? null : boundaryAt(walker, path, pair.ours, equal);
  const boundaries = oursBoundary === null ? [] : [oursBoundary];
  const childless = { ...pair, sameContent, equal, boundaries, baseNames: nothing, oursNames: nothing };
  // What is under a mount of ours was not deleted here, so base's names below it say nothing either.
  if (oursBoundary !== null || sameInode(pair)) return childless;
  const oursNames = pair.ours?.type === 'directory' ? ours.list(path) : nothing;
  if (base === null || pair.base?.type !== 'directory') return { ...childless, oursNames };
  const kind = boundaryKind(base, path);
  const baseNames = base.list(path);
  if (kind === null) return { ...childless, oursNames, baseNames };
  return { ...childless, oursNames, boundaries: [{ path, side: 'base', kind, empty: baseNames.length === 0 }] };
}

/** Files are asked only where they differ: a mount on a file is rare, and asking costs as much as reading its status. */
function boundaryAt({ ours, roots }: Walker, path: RootPath, entry: Entry, equal: boolean): Boundary | null {
  if (entry.type !== 'directory') {
    const kind = equal ? null : boundaryKind(ours, path);
    return kind === null ? null : { path, side: 'ours', kind, empty: false };
  }
  const kind = path !== '/' && roots.has(inodeKey(entry)) ? 'root' : boundaryKind(ours, path);
  return kind === null ? null : { path, side: 'ours', kind, empty: ours.list(path).length === 0 };
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

function isEqual({ base, ours }: Pair, sameContent: boolean): boolean {
  return base !== null && ours !== null && base.type === ours.type && sameContent && sameAttributes(base, ours);
}

/** Whether both sides hold the same content. */
function compareContent(walker: Walker, path: RootPath, { base, ours }: Pair): boolean {
  if (walker.base === null || base === null || ours === null || base.type !== ours.type) return false;
  if (base.type !== 'file') return sameInlineContent(base, ours);
  if (base.size !== ours.size) return false;
  if (base.size === 0 || sameInode({ base, ours })) return true;
  if (sameTime(base, ours) && walker.interest.isIgnored(path)) return true;
  return walker.base.sameContent(path, walker.ours, path);
}

function sameInode({ base, ours }: Pair): boolean {
  return (
    base !== null && ours !== null && base.inode.device === ours.inode.device && base.inode.number === ours.inode.number
  );
}

function sameTime(a: Entry, b: Entry): boolean {
  return a.mtime.seconds === b.mtime.seconds && a.mtime.nanoseconds === b.mtime.nanoseconds;
}

/** The union of two sorted lists, sorted, each name once. */
function mergeSorted(a: readonly ByteString[], b: readonly ByteString[]): ByteString[] {
  const merged: ByteString[] = [];
  let left = 0;
  let right = 0;
  for (;;) {
    const x = a[left];
    const y = b[right];
    if (x === undefined && y === undefined) return merged;
    if (y === undefined || (x !== undefined && x <= y)) {
      if (x !== undefined) merged.push(x);
      left += 1;
      if (x === y) right += 1;
    } else {
      merged.push(y);
      right += 1;
    }
  }
}
