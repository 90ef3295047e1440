import { type ByteString, bytesOfText } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import type { RootPath } from '../domain/path.ts';

type Changed = { readonly path: RootPath; readonly ours: Entry | null };

/** A fingerprint of each changed path: its attributes, and the size and time of a file in place of its content. */
export function stateOfOurs(
  changes: readonly Changed[],
  digest: (bytes: ByteString) => string,
): ReadonlyMap<RootPath, string> {
  return new Map(
    changes.map(({ path, ours }) => [path, digest(bytesOfText(JSON.stringify(factsOf(ours)))).slice(0, 16)]),
  );
}

/** The paths at which two states differ, sorted. */
export function changedBetween(
  before: ReadonlyMap<RootPath, string>,
  now: ReadonlyMap<RootPath, string>,
): readonly RootPath[] {
  const paths = new Set([...before.keys(), ...now.keys()]);
  return [...paths].filter((path) => before.get(path) !== now.get(path)).sort();
}

// The inode tells nothing: the old root may be mounted anew, or restored.
function factsOf(entry: Entry | null): unknown {
  if (entry === null) return null;
  const { inode: _, ...facts } = entry;
  return facts.type === 'directory' ? { ...facts, mtime: null, size: 0 } : facts;
}
