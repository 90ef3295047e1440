import type { Candidates } from '../domain/candidates.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** Two trees of which the second was made from the first, and the other roots of the migration. */
export type ChangedTree = { readonly base: Files; readonly ours: Files; readonly others: readonly Files[] };

/** A kind of storage that knows what was changed without looking at everything. */
export type ChangeSource = {
  readonly name: string;
  /**
   * Where ours may differ from base, with the places where another filesystem or another of the roots may begin in
   * either. Null where this kind does not hold both, or cannot tell; then the trees are to be compared whole. Leaves
   * nothing behind.
   */
  readonly candidatesOf: (tree: ChangedTree, system: System) => Candidates | null;
  /**
   * All paths of a tree that may belong to anybody but root, or name anybody in an access list; neither mounts nor other
   * trees of the storage that lie in it are a part of it. Null where this kind does not hold the tree, or cannot tell.
   */
  readonly placesOfOthers: (files: Files, system: System) => readonly RootPath[] | null;
};
