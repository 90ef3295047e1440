import type { ByteString } from '../domain/bytes.ts';
import type { Boundary, Unreadable } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { SystemCallError } from '../domain/failure.ts';
import { sameAttributes, sameInlineContent } from '../domain/identity.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files, Status } from '../system/files.ts';

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

type Walker = { readonly base: Files; readonly ours: Files; readonly interest: Interest; readonly walk: Walk };
type Pair = { readonly base: Entry | null; readonly ours: Entry | null };

/**
 * Finds every path at which ours differs from base, in the order of a walk. Contents are read where sizes are equal,
 * whatever the times say (cases 1, 2, 3). Neither mounts nor nested subvolumes are entered (case 121).
 */
export function walkChanges(base: Files, ours: Files, interest: Interest): Walk {
  const walk: Walk = { changes: [], boundaries: [], unreadable: [], scanned: 0 };
  const walker: Walker = { base, ours, interest, walk };
  const pair = readPair(walker, '/');
  if (pair !== null) visit(walker, '/', pair);
  return walk;
}

function visit(walker: Walker, path: RootPath, pair: Pair): void {
  walker.walk.scanned += 1;
  if (walker.walk.scanned % 4096 === 0) walker.interest.onProgress(walker.walk.scanned);
  const sameContent = compareContent(walker, path, pair);
  if (sameContent === null) return;
  recordIfWanted(walker, path, pair, sameContent);
  if (!sameInode(pair)) visitChildren(walker, path, pair);
}

function visitChildren(walker: Walker, directory: RootPath, pair: Pair): void {
  const baseNames = pair.base?.type === 'directory' ? listInside(walker, 'base', directory) : [];
  const oursNames = pair.ours?.type === 'directory' ? listInside(walker, 'ours', directory) : [];
  for (const name of mergeSorted(baseNames, oursNames)) {
    const path = childOf(directory, name);
    const child = readPair(walker, path);
    if (child !== null && (child.base !== null || child.ours !== null)) visit(walker, path, child);
  }
}

function recordIfWanted(walker: Walker, path: RootPath, pair: Pair, sameContent: boolean): void {
  const { base, ours } = pair;
  const equal = base !== null && ours !== null && base.type === ours.type && sameContent && sameAttributes(base, ours);
  if (!equal) walker.walk.changes.push({ path, base, ours, sameContent, role: 'changed' });
  else if (walker.interest.isPinned(path)) walker.walk.changes.push({ path, base, ours, sameContent, role: 'pinned' });
}

/** Whether both sides hold the same content; null where reading failed, which is recorded. */
function compareContent(walker: Walker, path: RootPath, { base, ours }: Pair): boolean | null {
  if (base === null || ours === null || base.type !== ours.type) return false;
  if (base.type !== 'file') return sameInlineContent(base, ours);
  if (base.size !== ours.size) return false;
  if (base.size === 0 || sameInode({ base, ours })) return true;
  if (sameTime(base, ours) && walker.interest.isIgnored(path)) return true;
  try {
    return walker.base.sameContent(path, walker.ours, path);
  } catch (error) {
    return recordUnreadable(walker, path, 'ours', error);
  }
}

function readPair(walker: Walker, path: RootPath): Pair | null {
  const base = readEntry(walker, 'base', path);
  const ours = readEntry(walker, 'ours', path);
  return base === undefined || ours === undefined ? null : { base, ours };
}

function readEntry(walker: Walker, side: 'base' | 'ours', path: RootPath): Entry | null | undefined {
  try {
    return walker[side].entry(path);
  } catch (error) {
    recordUnreadable(walker, path, side, error);
    return undefined;
  }
}

/** The names in a directory; none, with a record, where it is another filesystem or cannot be read. */
function listInside(walker: Walker, side: 'base' | 'ours', directory: RootPath): ByteString[] {
  try {
    const files = walker[side];
    const kind = boundaryKind(files, directory);
    const names = files.list(directory);
    if (kind === null) return names;
    walker.walk.boundaries.push({ path: directory, side, kind, empty: names.length === 0 });
    return [];
  } catch (error) {
    recordUnreadable(walker, directory, side, error);
    return [];
  }
}

/** Whether the directory starts another filesystem: its mount differs, or, on btrfs, its device number does. */
export function boundaryKind(files: Files, directory: RootPath): Boundary['kind'] | null {
  if (directory === '/') return null;
  const root = files.status('/');
  const status = files.status(directory);
  if (root === null || status === null) return null;
  return differs(root, status);
}

function differs(root: Status, status: Status): Boundary['kind'] | null {
  if (status.mountId !== root.mountId) return 'mount';
  return status.inode.device === root.inode.device ? null : 'subvolume';
}

/** Keeps the failure of one path, so that it never stops the rest (case 8); anything but a system call's is a defect. */
function recordUnreadable(walker: Walker, path: RootPath, side: 'base' | 'ours', error: unknown): null {
  if (!(error instanceof SystemCallError)) throw error;
  walker.walk.unreadable.push({ path, side, code: error.code, call: error.call });
  return null;
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
