import type { ByteString } from '../../domain/bytes.ts';
import { type FileType, lockingFlags } from '../../domain/entry.ts';
import { errorCode } from '../../domain/failure.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { copyAttributes } from './branch-directory.ts';
import { isOpaque, overlayRecords, refuseForeign } from './layer-records.ts';

/** The trees of layers that lie on each other, the topmost first, and of those below them. */
export type TreesToJoin = { readonly joined: readonly RootPath[]; readonly below: readonly RootPath[] };

/** A directory of the new tree. */
type Directory = TreesToJoin & { readonly to: RootPath; readonly hidesBelow: boolean };

/** What layers show under a name, and whether what lies below them is hidden by it. */
type Shown = {
  readonly type: FileType;
  readonly places: readonly [RootPath, ...RootPath[]];
  readonly hides: boolean;
};

/**
 * Makes the tree of one layer that shows, over those below, what several do. Files are other names of what the layers hold,
 * which never changes: that takes no room and keeps hard links; those that are locked or have all the names that a file can
 * have are copied, with shared extents where the filesystem can. A whiteout or a mark that hides is made where there is
 * something below to be hidden, and nowhere else: overlayfs shows whiteouts that are over nothing. Throws Failure
 * `foreign-layer`. `onDirectory` hears of each.
 */
export function joinTrees(files: Files, trees: TreesToJoin, to: RootPath, onDirectory: () => void): void {
  const made: Directory[] = [];
  const locked = new Map<RootPath, number>();
  const link = linkerIn(files, locked);
  // In a loop, as a path may be deeper than calls can be nested.
  const left: Directory[] = [{ ...trees, to, hidesBelow: false }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    onDirectory();
    for (const place of next.joined) refuseForeign(files, place, files.xattrNames(place));
    files.makeDirectory(next.to);
    made.push(next);
    for (const { shown, below, to } of contentOf(files, next)) {
      if (shown.type === 'directory') left.push(directoryOver(shown, below, to));
      else if (shown.type === 'whiteout') makeWhiteout(files, to, below);
      else link(shown.places[0], to);
    }
  }
  for (const directory of made) finishDirectory(files, directory, locked);
  for (const [path, flags] of locked) files.setFlags(path, flags);
}

/** Looks at what `joinTrees` would, and makes nothing. Throws Failure `foreign-layer` where that would throw it. */
export function requireJoinable(files: Files, trees: TreesToJoin): void {
  const left: Directory[] = [{ ...trees, to: '/', hidesBelow: false }];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const place of next.joined) refuseForeign(files, place, files.xattrNames(place));
    for (const { shown, below, to } of contentOf(files, next)) {
      const [place] = shown.places;
      if (shown.type === 'directory') left.push(directoryOver(shown, below, to));
      else if (shown.type === 'file') refuseForeign(files, place, files.xattrNames(place));
    }
  }
}

/** Where something goes in the new tree, with what the layers show there, and what those below them do. */
type Content = { readonly to: RootPath; readonly shown: Shown; readonly below: Shown | null };

function contentOf(files: Files, { joined, below, to }: Directory): Content[] {
  const names = new Set(joined.flatMap((directory) => files.list(directory)));
  return [...names].flatMap((name) => {
    const shown = shownAs(files, joined, name);
    return shown === null ? [] : [{ to: childOf(to, name), shown, below: shownAs(files, below, name) }];
  });
}

/** As overlayfs looks a name up (ovl_lookup in fs/overlayfs/namei.c): what is no directory ends the search. */
function shownAs(files: Files, directories: readonly RootPath[], name: ByteString): Shown | null {
  const places: RootPath[] = [];
  for (const directory of directories) {
    const place = childOf(directory, name);
    const type = files.status(place)?.type;
    if (type === undefined) continue;
    if (type !== 'directory') return directoryOf(places, true) ?? { type, places: [place], hides: true };
    places.push(place);
    if (isOpaque(files, place)) return directoryOf(places, true);
  }
  return directoryOf(places, false);
}

function directoryOf([topmost, ...others]: readonly RootPath[], hides: boolean): Shown | null {
  return topmost === undefined ? null : { type: 'directory', places: [topmost, ...others], hides };
}

function directoryOver({ places, hides }: Shown, below: Shown | null, to: RootPath): Directory {
  const isOver = below?.type === 'directory';
  return { joined: places, below: isOver && !hides ? below.places : [], to, hidesBelow: isOver && hides };
}

/** Where there is something to be hidden. */
function makeWhiteout(files: Files, to: RootPath, below: Shown | null): void {
  if (below !== null && below.type !== 'whiteout') files.makeNode(to, 'character', { major: 0, minor: 0 });
}

/** Gives a file of a layer a name in the new tree. */
function linkerIn(files: Files, locked: Map<RootPath, number>): (from: RootPath, to: RootPath) => void {
  const copies = new Map<number, RootPath>();
  return (from, to) => {
    const status = files.status(from);
    const copy = status === null ? undefined : copies.get(status.inode.number);
    if (status?.type === 'file') refuseForeign(files, from, files.xattrNames(from));
    try {
      files.link(to, copy ?? from);
    } catch (error) {
      if (status?.type !== 'file' || !['EPERM', 'EMLINK', 'EXDEV'].includes(errorCode(error) ?? '')) throw error;
      copyFile(files, from, to, locked);
      copies.set(status.inode.number, to);
    }
  };
}

function copyFile(files: Files, from: RootPath, to: RootPath, locked: Map<RootPath, number>): void {
  const entry = files.entry(from);
  if (entry === null) return;
  files.copyFrom(to, files, from, { attributes: entry });
  if ((entry.flags & lockingFlags) !== 0) locked.set(to, entry.flags);
}

/** After all that is in it, which changes the time. */
function finishDirectory(files: Files, { joined, to, hidesBelow }: Directory, locked: Map<RootPath, number>): void {
  const entry = files.entry(joined[0] ?? to);
  if (entry === null) return;
  copyAttributes(files, to, entry);
  if (hidesBelow) files.setXattr(to, overlayRecords.opaque, 'y');
  if ((entry.flags & lockingFlags) !== 0) locked.set(to, entry.flags);
}
