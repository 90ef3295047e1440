import type { RootPath } from './path.ts';

export type Severity = 'error' | 'warning' | 'recommendation' | 'info';

/** What waits until an item is settled: the boot of the new version, one service, or nothing. */
export type Blocks = 'boot' | 'service' | 'nothing';

/** One way to settle an item. A resolution that loses data is never the default. */
export type Resolution = {
  readonly id: string;
  readonly title: string;
  readonly default?: true;
  readonly dataLoss: 'none' | 'possible' | 'certain';
};

export const keepOurs: Resolution = {
  id: 'ours',
  title: 'Keep what this machine has',
  default: true,
  dataLoss: 'none',
};
export const takeTheirs: Resolution = {
  id: 'theirs',
  title: 'Take what the image ships; the local state stays readable in the old version',
  dataLoss: 'possible',
};

/** Something that a person should know or choose. */
export type Item = {
  /** Stable over plans and versions: `<kind>:<path>`; what choices are keyed by. */
  readonly key: string;
  /** SHA-256 of the facts it rests on: an answer to other facts is stale. */
  readonly fingerprint: string;
  readonly severity: Severity;
  readonly blocks: Blocks;
  /** The step that raised it; `files` is the built-in one. */
  readonly step: string;
  readonly title: string;
  readonly detail: string;
  readonly paths: readonly RootPath[];
  readonly resolutions: readonly Resolution[];
  /** The resolution that this plan rests on, and who chose it; null where the item has none. */
  readonly settled: { readonly resolution: string; readonly by: 'choice' | 'default' } | null;
};

/** The part of an item that its author writes; the rest follows. */
export type ItemDraft = {
  readonly kind: string;
  /** What the item is about; with `kind` its key. */
  readonly subject: RootPath;
  readonly paths?: readonly RootPath[];
  readonly severity: Item['severity'];
  readonly blocks: Item['blocks'];
  readonly title: string;
  readonly detail: string;
  readonly resolutions: readonly Resolution[];
  /** Whatever the answer rests on; anything that JSON can hold. */
  readonly facts: unknown;
};

/** Whether `apply` must not go on without a person: an error that nobody has answered. */
export function waitsForChoice(item: Item): boolean {
  return item.severity === 'error' && item.settled?.by !== 'choice';
}

/** Whether even an unattended run must stop: an error with neither an answer nor a default. */
export function hasNoWayOn(item: Item): boolean {
  return item.severity === 'error' && item.settled === null;
}
