import { setAttributes } from '../../apply/set-attributes.ts';
import { displayBytes } from '../../domain/bytes.ts';
import type { Entry } from '../../domain/entry.ts';
import { sameOwners } from '../../domain/owners.ts';
import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { copyPath } from '../restore/copy-path.ts';

export type Putting = {
  /** What the archive holds, unpacked. */
  readonly from: Files;
  readonly to: Files;
  /** What it says of itself; other directories are only on the way to that. */
  readonly described: ReadonlySet<RootPath>;
  /** Whether a path is the archive's to say. */
  readonly takes: (path: RootPath) => boolean;
};

/** The paths at which something new stands, and what was not put, and why. */
export type Put = { readonly placed: readonly RootPath[]; readonly notes: readonly string[] };

/**
 * Puts entries of one tree over another: files over files and links, attributes over those of directories. A directory never
 * comes in the place of anything else, nor anything in that of a directory: that might take away what is kept, or a link
 * such as `/lib` through which all is found.
 */
export function putFactory(putting: Putting): Put {
  const { from, to, described } = putting;
  const takes = (path: RootPath): boolean => described.has(path) && putting.takes(path);
  const placed: RootPath[] = [];
  const notes: string[] = [];

  function putBelow(directory: RootPath): void {
    for (const name of from.list(directory)) {
      const path = childOf(directory, name);
      const entry = from.entry(path);
      if (entry?.type === 'directory') putDirectory(path, entry);
      else if (entry !== null && takes(path)) putOther(path, entry);
    }
  }

  function putDirectory(path: RootPath, entry: Entry): void {
    const there = to.status(path)?.type ?? 'directory';
    if (there !== 'directory') {
      notes.push(`${displayBytes(path)} is a directory in it and a ${there} in the image, and is left`);
      return;
    }
    if (takes(path)) makeDirectory(path);
    putBelow(path);
    if (!takes(path)) return;
    setAttributes(to, path, entry, { lock: false });
  }

  function putOther(path: RootPath, { type }: Entry): void {
    const there = to.status(path);
    if (there?.type === 'directory') {
      notes.push(`${displayBytes(path)} is a ${type} in it and a directory in the image, and is left`);
      return;
    }
    makeDirectory(parentOf(path));
    if (there !== null) to.unlink(path);
    const copied = copyPath({ files: from, path }, { files: to, path }, quietly);
    notes.push(...copied.notes);
    placed.push(path);
  }

  /** With those above it, as they are in the archive. */
  function makeDirectory(path: RootPath): void {
    if (to.status(path) !== null) return;
    makeDirectory(parentOf(path));
    to.makeDirectory(path);
    const entry = described.has(path) ? from.entry(path) : null;
    if (entry !== null) setAttributes(to, path, entry, { lock: false });
    placed.push(path);
  }

  putBelow('/');
  return { placed, notes };
}

const quietly = { owners: sameOwners, onEntry: () => undefined, onBytes: () => undefined };
