import type { Uuid } from '../domain/volume.ts';
import { ancestorsOf } from './tag-ancestry.ts';
import type { TravellingTag } from './travelling-tag.ts';

/** A line of tags went on in two ways: the last that both have, and what each has besides, the newest first. */
export type Divergence = {
  readonly common: TravellingTag | null;
  readonly ours: readonly TravellingTag[];
  readonly theirs: readonly TravellingTag[];
};

/** What sending a tag comes to. */
export type TransferPlan =
  /** The receiver has it, or has gone on from it. */
  | { readonly kind: 'up-to-date'; readonly head: TravellingTag }
  /** What differs from the parent suffices, where both ends have a form for that. */
  | { readonly kind: 'incremental'; readonly parent: TravellingTag }
  | { readonly kind: 'full' }
  /** The receiver has it, as a tag of another branch than it is to be of there. */
  | { readonly kind: 'elsewhere'; readonly there: TravellingTag }
  | ({ readonly kind: 'diverged' } & Divergence)
  /** What the receiver has under the name is another volume. */
  | { readonly kind: 'unrelated' };

export type TransferInput = {
  /** What is to be sent. */
  readonly tag: TravellingTag;
  /** All tags of the volume that the sender has, or remembers. */
  readonly sender: readonly TravellingTag[];
  /** Whether the sender has it still. */
  readonly isThere: (tag: Uuid) => boolean;
  /** All that the receiver has now. */
  readonly receiver: readonly TravellingTag[];
  /** The last tag of the branch that the receiver has; null where it has none. */
  readonly head: TravellingTag | null;
  /** Whether the name that the volume is to have at the receiver is another's. */
  readonly nameTaken: boolean;
};

/**
 * What sending a tag comes to. Only what the sender itself knows to be an ancestor counts as one: numbers are given twice
 * where a store was put back to an old state (case 125).
 */
export function planTransfer(input: TransferInput): TransferPlan {
  const { tag, sender, isThere, receiver, head, nameTaken } = input;
  if (nameTaken) return { kind: 'unrelated' };
  if (head?.uuid === tag.uuid) return { kind: 'up-to-date', head };
  const ancestors = ancestorsOf(tag, sender);
  if (head !== null && !uuidsOf(ancestors).has(head.uuid)) {
    return withoutFastForward({ tag, ancestors, receiver, head });
  }
  const there = uuidsOf(receiver);
  const known = receiver.find(({ uuid }) => uuid === tag.uuid);
  if (known !== undefined)
    return isOfBranch(known, tag) ? { kind: 'up-to-date', head: head ?? tag } : { kind: 'elsewhere', there: known };
  const parent = ancestors.find(({ uuid }) => there.has(uuid) && isThere(uuid));
  return parent === undefined ? { kind: 'full' } : { kind: 'incremental', parent };
}

/** One of no branch is the same everywhere. */
function isOfBranch(known: TravellingTag, { origin }: TravellingTag): boolean {
  return origin === null || known.origin === null || known.origin.branch === origin.branch;
}

type Other = {
  readonly tag: TravellingTag;
  readonly ancestors: readonly TravellingTag[];
  readonly receiver: readonly TravellingTag[];
  readonly head: TravellingTag;
};

/** The receiver has gone on from the tag, or has gone another way. */
function withoutFastForward({ tag, ancestors, receiver, head }: Other): TransferPlan {
  const theirs = [head, ...ancestorsOf(head, receiver)];
  if (theirs.some(({ uuid }) => uuid === tag.uuid)) return { kind: 'up-to-date', head };
  return { kind: 'diverged', ...divergenceOf([tag, ...ancestors], theirs) };
}

/** How two lines of tags part, the newest of each first. */
export function divergenceOf(ours: readonly TravellingTag[], theirs: readonly TravellingTag[]): Divergence {
  const [here, there] = [uuidsOf(ours), uuidsOf(theirs)];
  return {
    common: ours.find(({ uuid }) => there.has(uuid)) ?? null,
    ours: ours.filter(({ uuid }) => !there.has(uuid)),
    theirs: theirs.filter(({ uuid }) => !here.has(uuid)),
  };
}

function uuidsOf(tags: readonly TravellingTag[]): ReadonlySet<Uuid> {
  return new Set(tags.map(({ uuid }) => uuid));
}
