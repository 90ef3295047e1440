import type { Candidates } from '../domain/candidates.ts';
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
};
