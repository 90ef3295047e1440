import type { ContentEquality, PathFacts, TreeFacts, Unreadable } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { SystemCallError } from '../domain/failure.ts';
import { ancestorsOf, childOf, comparePaths, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { boundaryKind, type FoundChange, type Interest, walkChanges } from './walk-changes.ts';

/** The three trees of one migration. */
export type Trees = { readonly base: Files; readonly ours: Files; readonly theirs: Files };

const nothingEqual: ContentEquality = { baseOurs: false, baseTheirs: false, oursTheirs: false };

/**
 * Compares the three trees: all changes of ours against base, what theirs has at those paths, and the context that
 * deciding needs: directories above a change, and what lies in a directory that another side has replaced or deleted.
 */
export function compareTrees(trees: Trees, interest: Interest): TreeFacts {
  const walk = walkChanges(trees.base, trees.ours, interest);
  const unreadable: Unreadable[] = [...walk.unreadable];
  const paths = new Map<RootPath, PathFacts>();
  for (const change of walk.changes) {
    const facts = factsOfChange(trees, change, interest, unreadable);
    if (facts !== null) paths.set(change.path, facts);
  }
  const changes = [...paths.values()];
  for (const change of changes) {
    addAncestors(trees, change.path, paths);
    if (!interest.isIgnored(change.path)) addArrivals(trees, change, paths);
  }
  for (const facts of [...paths.values()]) addReplacedDirectory(trees, facts, paths);
  return {
    paths: [...paths.values()].sort((a, b) => comparePaths(a.path, b.path)),
    boundaries: walk.boundaries,
    unreadable,
    scanned: walk.scanned,
  };
}

function factsOfChange(
  trees: Trees,
  change: FoundChange,
  interest: Interest,
  unreadable: Unreadable[],
): PathFacts | null {
  const { path, base, ours, role } = change;
  try {
    const theirs = trees.theirs.entry(path);
    const sameContent = interest.isIgnored(path)
      ? { ...nothingEqual, baseOurs: change.sameContent }
      : compareContents(trees, change, theirs);
    return { path, base, ours, theirs, sameContent, role };
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
    unreadable.push({ path, side: 'theirs', code: error.code, call: error.call });
    return null;
  }
}

function compareContents(trees: Trees, change: FoundChange, theirs: Entry | null): ContentEquality {
  const { path, base, ours } = change;
  const baseOurs = change.sameContent;
  const baseTheirs = sameFileContent(trees.base, base, trees.theirs, theirs, path);
  const oursTheirs = baseOurs
    ? baseTheirs
    : !baseTheirs && sameFileContent(trees.ours, ours, trees.theirs, theirs, path);
  return { baseOurs, baseTheirs, oursTheirs };
}

function sameFileContent(a: Files, entry: Entry | null, b: Files, other: Entry | null, path: RootPath): boolean {
  if (entry?.type !== 'file' || other?.type !== 'file' || entry.size !== other.size) return false;
  return a.sameContent(path, b, path);
}

/** The directories above a change: where the image lacks one it must be made, where it has something else they clash. */
function addAncestors(trees: Trees, path: RootPath, paths: Map<RootPath, PathFacts>): void {
  for (const ancestor of ancestorsOf(path)) {
    if (paths.has(ancestor)) continue;
    paths.set(ancestor, contextOf(trees, ancestor));
  }
}

/** Where ours has no directory (any more) and theirs has one: all that is in theirs'. */
function addArrivals(trees: Trees, change: PathFacts, paths: Map<RootPath, PathFacts>): void {
  if (change.ours?.type === 'directory' || change.theirs?.type !== 'directory') return;
  for (const path of pathsBelow(trees.theirs, change.path)) {
    if (!paths.has(path)) paths.set(path, contextOf(trees, path));
  }
}

/** Where ours has a directory with a change in it, and theirs something else: all that is in ours. */
function addReplacedDirectory(trees: Trees, facts: PathFacts, paths: Map<RootPath, PathFacts>): void {
  if (facts.ours?.type !== 'directory' || facts.theirs === null || facts.theirs.type === 'directory') return;
  for (const path of pathsBelow(trees.ours, facts.path)) {
    if (!paths.has(path)) paths.set(path, contextOf(trees, path));
  }
}

function contextOf(trees: Trees, path: RootPath): PathFacts {
  const base = trees.base.entry(path);
  const ours = trees.ours.entry(path);
  const theirs = trees.theirs.entry(path);
  return { path, base, ours, theirs, sameContent: nothingEqual, role: 'context' };
}

function* pathsBelow(files: Files, directory: RootPath): Generator<RootPath> {
  if (boundaryKind(files, directory) !== null) return;
  for (const name of files.list(directory)) {
    const path = childOf(directory, name);
    yield path;
    if (files.status(path)?.type === 'directory') yield* pathsBelow(files, path);
  }
}
