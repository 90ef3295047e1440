import type { ByteString } from './bytes.ts';
import type { DeclaredVolume } from './declared-volume.ts';

/**
 * What goes back to the image: its settings (`/etc` and volumes of settings), all but data, or everything, of which the
 * rest is destroyed.
 */
export const resetModes = ['config', 'system', 'total'] as const;

export type ResetMode = (typeof resetModes)[number];

/** A migration that carries only what a reset keeps. */
export type Reset = {
  readonly mode: ResetMode;
  /** What is kept all the same: classes of the policy, such as `identity`, or patterns, such as `/etc/ssh/**`. */
  readonly keep: readonly ByteString[];
};

/**
 * The strategy of passwd and group where a reset takes the accounts of the image, and data stays: of those that the machine
 * has too, its numbers. No policy names it.
 */
export const accountNumbers = 'account-numbers';

/** The strategy of fstab in a reset: the image's, with the entry by which this machine finds its store. No policy names it. */
export const storeMount = 'store-mount';

/**
 * Whether a volume begins anew in a version: with what the image has at its mount point, and what the reset keeps of it.
 * No other version shares it then. `reset` is null for an update.
 */
export function beginsAnew(reset: Reset | null, volume: Pick<DeclaredVolume, 'class'>): boolean {
  if (reset === null) return false;
  if (reset.mode === 'config') return volume.class === 'config';
  return reset.mode === 'total' || volume.class !== 'data';
}
