import type { ByteString } from '../domain/bytes.ts';
import type { Contents, TreeFacts, Unreadable } from '../domain/change.ts';
import type { Choices } from '../domain/choices.ts';
import type { Item } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { RootSource } from '../domain/plan.ts';
import type { Rule, Verdict } from '../domain/policy.ts';
import type { Joint } from './decide-jointly.ts';
import type { Known } from './needs.ts';

/** All that planning one root depends on. Planning is pure: equal inputs give equal plans. */
export type PlanInput = {
  readonly root: RootSource;
  readonly facts: TreeFacts;
  readonly verdictOf: (path: RootPath) => Verdict;
  /** Rules marked `required` that no path of ours matches. */
  readonly unmatchedRules: readonly Rule[];
  /** Whether nobody has to be asked of what cannot be read: a reset goes on without it. */
  readonly isGivenUp: (unreadable: Unreadable) => boolean;
  readonly choices: Choices;
  /** Items that were raised before, on what the migration as a whole rests on. */
  readonly raised: readonly Item[];
  /** Whether there is an old image to compare with. */
  readonly hasBase: boolean;
  /** What was decided for several paths as one. */
  readonly joint: Joint;
  /** What the joint decisions looked at. */
  readonly known: Known;
  /** Contents of the paths that `contentsNeeded` names. */
  readonly contents: ReadonlyMap<RootPath, Contents>;
  /** SHA-256 of bytes, lower-case hexadecimal. */
  readonly digest: (bytes: ByteString) => string;
  /** Content carried from ours beyond this many bytes needs a person's word. */
  readonly carryLimit: number;
};

/** 1 GiB: more is data that belongs in a volume, and makes a boot long. */
export const defaultCarryLimit = 2 ** 30;
