import type { ByteString } from './bytes.ts';
import type { DeviceNumber, Entry, FileType, Timestamp, Xattr } from './entry.ts';
import type { Difference } from './identity.ts';
import type { Item } from './item.ts';
import type { RootPath } from './path.ts';
import type { RuleSource } from './policy.ts';

export const planSchema = 'migrate.plan/1';

/** What the three trees of one root are, as their person named them. */
export type RootSource = { readonly id: string; readonly base: string; readonly ours: string; readonly theirs: string };

/** How ours differs from base at a path. `none`: it does not; the path is there for another's sake. */
export type ChangeKind = 'added' | 'deleted' | 'modified' | 'type' | 'none';

/**
 * What happens at a path. `ours`: as on the old version. `merged`: something of both. `theirs`: the image's. `deleted`:
 * stays deleted. `equal`: both sides agree already. `ignored`: the policy leaves it to the image. `not-carried`: of a kind
 * that is never carried. `parent`: a directory that something below needs. `hidden`: the image's, under something of ours
 * that is no directory. `reowned`: the image's, under the number that its owner has on this machine.
 */
export type DecisionKind =
  | 'ours'
  | 'merged'
  | 'theirs'
  | 'deleted'
  | 'equal'
  | 'ignored'
  | 'not-carried'
  | 'parent'
  | 'hidden'
  | 'reowned';

/** One path, one decision, one reason. */
export type Decision = {
  readonly root: string;
  readonly path: RootPath;
  readonly change: ChangeKind;
  /** What differs between base and ours, where both exist and are of one type. */
  readonly differs: readonly Difference[];
  readonly decision: DecisionKind;
  /** The strategy that decided the content, where all three sides differed. */
  readonly strategy: string | null;
  /** The rule of the policy that lets the path be carried, or not. */
  readonly rule: { readonly text: string; readonly source: RuleSource } | null;
  readonly reason: string;
};

/** Everything about a path that is set after its content. */
export type Attributes = {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** All extended attributes; those not named are removed, but for the SELinux label. */
  readonly xattrs: readonly Xattr[];
  readonly flags: number;
  readonly mtime: Timestamp;
};

/**
 * Where the content of a file comes from, its bytes, and where it has holes the bytes that it takes on the disk. A blob is
 * merged content, kept beside the plan by its SHA-256.
 */
export type ContentSource =
  | { readonly from: 'theirs'; readonly size: number; readonly allocated?: number }
  /** `at` is where ours has it, if that is not the path of the action. */
  | { readonly from: 'ours'; readonly size: number; readonly allocated?: number; readonly at?: RootPath }
  | { readonly from: 'blob'; readonly size: number; readonly sha256: string };

type ActionAt<Kind extends string, Rest> = {
  readonly kind: Kind;
  readonly root: string;
  readonly path: RootPath;
} & Rest;

/** One effect on the result; safe to repeat. */
export type Action =
  | ActionAt<'remove', { readonly directory: boolean }>
  | ActionAt<'directory', { readonly attributes: Attributes }>
  | ActionAt<'file', { readonly content: ContentSource; readonly attributes: Attributes }>
  | ActionAt<'link', { readonly existing: RootPath }>
  | ActionAt<'symlink', { readonly target: ByteString; readonly attributes: Attributes }>
  | ActionAt<
      'node',
      {
        readonly type: 'fifo' | 'character' | 'block';
        readonly device: DeviceNumber | null;
        readonly attributes: Attributes;
      }
    >
  | ActionAt<'attributes', { readonly type: FileType; readonly attributes: Attributes }>;

export type Summary = {
  /** How many paths got which decision. */
  readonly decisions: Readonly<Partial<Record<DecisionKind, number>>>;
  /** How many items of which severity. */
  readonly items: Readonly<Partial<Record<Item['severity'], number>>>;
  /** Bytes of file content that apply writes, holes apart. */
  readonly bytes: number;
  readonly actions: number;
};

/** Decisions, actions and items for one migration. */
export type Plan = {
  readonly schema: typeof planSchema;
  readonly roots: readonly RootSource[];
  readonly decisions: readonly Decision[];
  readonly actions: readonly Action[];
  readonly items: readonly Item[];
  readonly summary: Summary;
  /** SHA-256 of the plan's JSON without this field; names the run. */
  readonly digest: string;
};

/** The sizes of a file, for its content's source. */
export function sizesOf({ size, allocated }: Entry): { readonly size: number; readonly allocated?: number } {
  return allocated === undefined ? { size } : { size, allocated };
}

/** Bytes that a file's content takes, holes apart. */
export function bytesOf(content: ContentSource): number {
  return content.from === 'blob' ? content.size : (content.allocated ?? content.size);
}
