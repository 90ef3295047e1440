import { setLock } from '../../apply/set-attributes.ts';
import { type Entry, lockingFlags } from '../../domain/entry.ts';
import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import { removeTree } from '../../images/remove-tree.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { type Copied, copyPath } from './copy-path.ts';
import { keepReplaced } from './keep-replaced.ts';
import { failure } from './restore-failure.ts';
import { type OnRestoreProgress, Tally } from './tally.ts';
import type { Trees } from './trees.ts';

/** What was put in its place. */
export type Placed = Copied & {
  /** Where what stood there is kept; null where nothing did. */
  readonly replaced: RootPath | null;
};

/**
 * Copies what is restored beside its place, and puts it there at once when it and what it replaces, which is kept, are on
 * the disk (case 115). The caller is the only one that restores.
 */
export function putInPlace(system: System, trees: Trees, before: Entry | null, onProgress: OnRestoreProgress): Placed {
  const { to, target } = trees;
  const notes: string[] = [];
  removeLeftOver(to, parentOf(target));
  const kept = before === null ? null : keepReplaced(to, target, onProgress);
  if (kept !== null) notes.push(...kept.notes.map((note) => `not kept: ${note}`));
  const settled = [parentOf(target), ...(kept === null ? [] : [parentOf(kept.path)])];
  const temporary = childOf(parentOf(target), `${temporaryPrefix}${system.newUuid().slice(0, 8)}`);
  const tally = new Tally('restore', onProgress);
  const copied = copyBeside(trees, temporary, tally, () => {
    for (const path of settled) synchronize(system, to, path);
    if (before === null) to.rename(temporary, target);
    else to.exchange(temporary, target);
  });
  // What was there has been kept, and has the temporary name now.
  if (before !== null) removeTree(to, temporary);
  const entry = trees.from.entry(trees.path);
  if (entry !== null && isLockable(entry)) setLock(to, target, entry);
  synchronize(system, to, parentOf(target));
  const { entries, bytes } = copied;
  return { entries, bytes, replaced: kept?.path ?? null, notes: [...new Set([...notes, ...copied.notes])] };
}

/** What begins so is a copy that is not in its place yet, or what was there and is kept elsewhere. */
const temporaryPrefix = '.migrate-restore-';

/** The caller holds the lock: what is there is of a restore that was killed. */
function removeLeftOver(files: Files, directory: RootPath): void {
  if (files.status(directory)?.type !== 'directory') return;
  for (const name of files.list(directory)) {
    if (name.startsWith(temporaryPrefix)) removeTree(files, childOf(directory, name));
  }
}

/** Makes the copy and puts it in its place; a failure leaves nothing of it. */
function copyBeside({ from, to, path, owners }: Trees, temporary: RootPath, tally: Tally, settle: () => void): Copied {
  const strangers = new Set<string>();
  const onEntry = (entry: Entry): void => {
    for (const stranger of owners.strangersOf(entry)) strangers.add(stranger);
    tally.onEntry();
  };
  try {
    const copied = copyPath(
      { files: from, path },
      { files: to, path: temporary },
      { owners: owners.map, onEntry, onBytes: tally.onBytes },
    );
    if (copied.entries === 0) throw failure('nothing-there', `Cannot restore ${copied.notes.join('; ')}`);
    settle();
    return { entries: copied.entries, bytes: copied.bytes, notes: [...copied.notes, ...strangers] };
  } catch (error) {
    if (to.status(temporary) !== null) removeTree(to, temporary);
    throw error;
  }
}

function isLockable({ type, flags }: Entry): boolean {
  return (type === 'file' || type === 'directory') && (flags & lockingFlags) !== 0;
}

/** Of the filesystem that the directory lies on, which need not be the root's. */
function synchronize(system: System, { root }: Files, directory: RootPath): void {
  const files = system.openRoot(root === '/' ? directory : `${root}${directory}`);
  try {
    files.syncFilesystem();
  } finally {
    files.close();
  }
}
