import type { ByteString } from './bytes.ts';

/** What goes back to the image: its settings (`/etc`), or all that was changed. */
export type ResetMode = 'config' | 'system';

/** A migration that carries only what a reset keeps. */
export type Reset = {
  readonly mode: ResetMode;
  /** What is kept all the same: classes of the policy, such as `identity`, or patterns, such as `/etc/ssh/**`. */
  readonly keep: readonly ByteString[];
};
