import type { Candidates } from '../domain/candidates.ts';
import type { Boundary, ContentEquality, PathFacts, TreeFacts, Unreadable } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import { childOf, comparePaths, parentOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { boundaryKind } from './boundary.ts';
import { findChanges } from './find-changes.ts';
import { looking } from './read-failure.ts';
import type { FoundChange, Interest } from './walk-changes.ts';

/** The three trees of one migration. */
export type Trees = { readonly base: Files; readonly ours: Files; readonly theirs: Files };

const nothingEqual: ContentEquality = { baseOurs: false, baseTheirs: false, oursTheirs: false };

type Comparison = {
  readonly trees: Trees;
  readonly interest: Interest;
  readonly paths: Map<RootPath, PathFacts>;
  /** Directories that have been added with all above them. */
  readonly complete: Set<RootPath>;
  /** Directories of each side that have been added with all that is in them. */
  readonly entered: Record<'ours' | 'theirs', Set<RootPath>>;
  readonly boundaries: Boundary[];
  readonly unreadable: Unreadable[];
};

/**
 * Compares the three trees: all changes of ours against base, what theirs has at those paths, and the context that
 * deciding needs: directories above a change, and what lies in a directory that another side has replaced or deleted.
 * Where `candidates` are given, only they are looked at for changes.
 */
export function compareTrees(trees: Trees, interest: Interest, candidates: Candidates | null = null): TreeFacts {
  const { changes, boundaries, unreadable, scanned } = findChanges(
    { base: trees.base, ours: trees.ours, others: [trees.theirs] },
    interest,
    candidates,
  );
  const comparison: Comparison = { trees, interest, paths: new Map(), ...nothingDone(), boundaries, unreadable };
  for (const change of changes) add(comparison, change.path, (attempt) => factsOfChange(comparison, change, attempt));
  const changed = [...comparison.paths.values()];
  for (const facts of changed) {
    addAncestors(comparison, facts.path);
    if (!interest.isIgnored(facts.path)) addArrivals(comparison, facts);
  }
  for (const facts of [...comparison.paths.values()]) addReplacedDirectory(comparison, facts);
  return { paths: inOrder(comparison.paths), boundaries, unreadable, scanned };
}

function nothingDone(): Pick<Comparison, 'complete' | 'entered'> {
  return { complete: new Set(), entered: { ours: new Set(), theirs: new Set() } };
}

/** The facts, and the context of these paths and of the directories above them, in the order of a walk. */
export function withContext(trees: Trees, interest: Interest, facts: TreeFacts, paths: Iterable<RootPath>): TreeFacts {
  const known = new Map(facts.paths.map((path) => [path.path, path]));
  const boundaries = [...facts.boundaries];
  const unreadable = [...facts.unreadable];
  const comparison: Comparison = { trees, interest, paths: known, ...nothingDone(), boundaries, unreadable };
  for (const path of paths) {
    addAncestors(comparison, path);
    addContext(comparison, path);
  }
  if (known.size === facts.paths.length) return { ...facts, boundaries, unreadable };
  return { ...facts, paths: inOrder(known), boundaries, unreadable };
}

function inOrder(paths: ReadonlyMap<RootPath, PathFacts>): PathFacts[] {
  return [...paths.values()].sort((a, b) => comparePaths(a.path, b.path));
}

/** Adds what `read` finds at the path; nothing, with a record, where it cannot be read. */
function add(comparison: Comparison, path: RootPath, read: (attempt: number) => PathFacts | null): void {
  const { trees, unreadable, paths } = comparison;
  const facts = looking(path, trees, unreadable, read);
  if (facts === null) return;
  paths.set(path, facts);
  if (facts.theirs?.type === 'directory' && !comparison.interest.isIgnored(path)) addBoundary(comparison, path);
}

/** Where theirs is not one filesystem nothing may be written or removed. */
function addBoundary({ trees, boundaries, unreadable }: Comparison, path: RootPath): void {
  const found = looking(path, trees, unreadable, () => {
    const kind = boundaryKind(trees.theirs, path);
    return kind === null ? null : { kind, empty: trees.theirs.list(path).length === 0 };
  });
  if (found !== null) boundaries.push({ path, side: 'theirs', ...found });
}

function factsOfChange({ trees, interest, paths }: Comparison, change: FoundChange, attempt: number): PathFacts | null {
  const { path, base, role } = change;
  // On a live tree it may have gone since the walk (case 8).
  const ours = attempt === 1 ? change.ours : trees.ours.entry(path);
  if (base === null && ours === null) return null;
  const theirs = isBelowNothing(paths, path) ? null : trees.theirs.entry(path);
  const sameContent = interest.isIgnored(path)
    ? { ...nothingEqual, baseOurs: change.sameContent }
    : compareContents(trees, { ...change, ours }, theirs);
  return { path, base, ours, theirs, sameContent, role };
}

/** Changes come in the order of a walk, so that what theirs has above a path is often known. */
function isBelowNothing(paths: Comparison['paths'], path: RootPath): boolean {
  const above = paths.get(parentOf(path));
  return above !== undefined && above.theirs?.type !== 'directory';
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

/** The directories above a path; upwards until one has been, as in deep trees each has many above it. */
function addAncestors(comparison: Comparison, path: RootPath): void {
  for (let above = path; above !== '/'; ) {
    above = parentOf(above);
    if (comparison.complete.has(above)) return;
    comparison.complete.add(above);
    addContext(comparison, above);
  }
}

/** A path that is there for another's sake: directories above a change are needed, or clash with what the image has. */
function addContext(comparison: Comparison, path: RootPath): void {
  if (comparison.paths.has(path)) return;
  add(comparison, path, () => contextOf(comparison.trees, path));
}

/** Where ours has no directory (any more) and theirs has one: all that is in theirs'. */
function addArrivals(comparison: Comparison, { path, ours, theirs }: PathFacts): void {
  if (ours?.type === 'directory' || theirs?.type !== 'directory') return;
  addBelow(comparison, 'theirs', path);
}

/** Where ours has a directory with a change in it, and theirs something else: all that is in ours. */
function addReplacedDirectory(comparison: Comparison, { path, ours, theirs }: PathFacts): void {
  if (ours?.type !== 'directory' || theirs === null || theirs.type === 'directory') return;
  addBelow(comparison, 'ours', path);
}

function contextOf(trees: Trees, path: RootPath): PathFacts {
  const base = trees.base.entry(path);
  const ours = trees.ours.entry(path);
  const theirs = trees.theirs.entry(path);
  return { path, base, ours, theirs, sameContent: nothingEqual, role: 'context' };
}

function addBelow(comparison: Comparison, side: 'ours' | 'theirs', directory: RootPath): void {
  const { trees, unreadable, entered } = comparison;
  if (entered[side].has(directory)) return;
  entered[side].add(directory);
  const files = trees[side];
  const inside = looking(directory, trees, unreadable, () =>
    boundaryKind(files, directory) === null
      ? files.list(directory).map((name) => ({ path: childOf(directory, name) }))
      : [],
  );
  for (const { path } of inside ?? []) {
    addContext(comparison, path);
    if (comparison.paths.get(path)?.[side]?.type === 'directory') addBelow(comparison, side, path);
  }
}
