import type { ByteString } from '../domain/bytes.ts';
import type { PathFacts } from '../domain/change.ts';
import type { Entry } from '../domain/entry.ts';
import type { Item, ItemDraft } from '../domain/item.ts';
import type { OwnerMaps } from '../domain/owners.ts';
import type { RootPath } from '../domain/path.ts';
import type { Verdict } from '../domain/policy.ts';

export type Side = 'base' | 'ours' | 'theirs';

/** The numbers of users and groups that own something in a tree. */
export type OwnerNumbers = { readonly users: ReadonlySet<number>; readonly groups: ReadonlySet<number> };

/**
 * What a strategy sees of the trees. A strategy reads nothing: what it asks for and nobody has read yet is noted, looks
 * as if nothing were there, and the strategy is asked again from the start when it has been read. So deciding must depend
 * on nothing but what it is given, and must put up with answers that are not there yet.
 */
export type TreeView = {
  /** What stands at the path, or null. Numbers of owners are those of that tree. */
  readonly entry: (side: Side, path: RootPath) => Entry | null;
  /** The whole content of a regular file, or null where there is none. No link is followed. */
  readonly content: (side: Side, path: RootPath) => ByteString | null;
  /**
   * The content with the compression off that the name's ending tells (`.gz`, `.xz`, `.zst`); without such an ending the
   * content. Null where there is no regular file, where it is damaged, and where this machine cannot decompress it.
   */
  readonly decompressed: (side: Side, path: RootPath) => ByteString | null;
  /** The names in a directory, sorted by their bytes; none where there is no directory. */
  readonly names: (side: Side, directory: RootPath) => readonly ByteString[];
  /** Every number that owns something in the tree, access control lists included. Walks the whole tree. */
  readonly owners: (side: Side) => OwnerNumbers;
  /** Whether the machine has the device that an fstab names: `UUID=…`, `LABEL=…`, `PARTUUID=…`, `/dev/…`. */
  readonly device: (specification: ByteString) => boolean;
};

/** All that deciding several paths as one depends on. */
export type JointInput = {
  /** The changes of ours against base, and their context; in the order of a walk. */
  readonly facts: readonly PathFacts[];
  readonly view: TreeView;
  readonly verdictOf: (path: RootPath) => Verdict;
  /** Completes an item, with the answer that a person or its default gives. */
  readonly settle: (draft: ItemDraft) => Item;
};

/**
 * What shall stand at a path of the result, and why. Attributes are merged from all sides as for every path; with `like`
 * base and ours have the path under that other name.
 */
export type JointDecision = {
  readonly reason: string;
  /** The policy's strategy for the path, where that one decided it. */
  readonly strategy?: string;
} & (
  | { readonly node: 'ours' | 'theirs' | 'absent' }
  | { readonly node: 'content'; readonly content: ByteString; readonly like?: RootPath }
  | { readonly node: 'symlink'; readonly target: ByteString; readonly like?: RootPath }
  /** The directory that ours has under another name. */
  | { readonly node: 'directory'; readonly like: RootPath }
  /** The regular file that ours has at another path. */
  | { readonly node: 'ours-from'; readonly from: RootPath }
);

export type JointOutcome = {
  /** Paths that are not named go their usual way. */
  readonly decided: ReadonlyMap<RootPath, JointDecision>;
  readonly items: readonly Item[];
  /** Where the strategy decides the accounts: what the trees' numbers are in the result. */
  readonly owners: OwnerMaps | null;
};

/** A way to decide several paths as one, by what their formats mean. Pure. */
export type JointStrategy = {
  readonly name: string;
  readonly decide: (input: JointInput) => JointOutcome;
};

/** Whether the policy leaves the path to this strategy: it carries the path, and no rule that names it says otherwise. */
export function isLeftTo(verdict: Verdict, strategy: string): boolean {
  return verdict.verb === 'persist' && verdict.strategy?.name === strategy;
}
