import type { ByteString } from './bytes.ts';
import { Failure } from './failure.ts';

/** The states of a reset that destroys everything else, in their order; each is on the disk before what it says is done. */
export const resetStates = ['armed', 'confirmed', 'saving', 'wiping', 'restoring', 'done'] as const;

export type ResetState = (typeof resetStates)[number];

/** What is destroyed, as a person is told before: by its name, and how many bytes its files have. */
export type Loss = {
  readonly name: string;
  readonly bytes: number;
  /** Where some of it could not be read, and may have more. */
  readonly isLeast?: true;
};

/** A reset that destroys everything else, as the store keeps it. */
export type ResetRecord = {
  /** The version that is to be all there is. */
  readonly version: string;
  /** Tells this request from an older one that a loader failed to forget: 32 hexadecimal digits. */
  readonly nonce: string;
  readonly keep: readonly ByteString[];
  readonly state: ResetState;
  readonly losses: readonly Loss[];
  /** When it was armed, in ISO 8601; for people only. */
  readonly at: string;
};

/**
 * Which state may follow which. `armed`: asked for, and nothing follows without the nonce or a word typed at the console.
 * `confirmed`: the request is used up. `saving`: the new root is being made. `wiping`: the rest is being destroyed.
 * `restoring`: it is gone, and the new version is made whole without it.
 */
export const resetEdges: Readonly<Record<ResetState, readonly ResetState[]>> = {
  armed: ['confirmed'],
  confirmed: ['saving'],
  saving: ['wiping'],
  wiping: ['restoring'],
  restoring: ['done'],
  done: [],
};

/** States from which on something is gone: there is no way but to the end. */
const destroying: readonly ResetState[] = ['wiping', 'restoring'];

/** States in which the boots of the version have something left to do. */
const goingOn: readonly ResetState[] = ['confirmed', 'saving', 'wiping', 'restoring'];

/** Whether something is gone already, and not all is done. */
export function isDestroying({ state }: Pick<ResetRecord, 'state'>): boolean {
  return destroying.includes(state);
}

/** Whether it goes on by itself at every boot of its version. */
export function isGoingOn({ state }: Pick<ResetRecord, 'state'>): boolean {
  return goingOn.includes(state);
}

/** The record in another state; does not write. Throws Failure `reset-state`. */
export function resetIn(record: ResetRecord, to: ResetState): ResetRecord {
  if (resetEdges[record.state].includes(to)) return { ...record, state: to };
  throw new Failure({
    code: 'reset-state',
    kind: 'failed',
    message: `Cannot have the reset to ${record.version} ${to}: it is ${record.state}`,
  });
}
