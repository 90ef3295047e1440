import { Failure } from '../domain/failure.ts';
import type { Occasion, VersionRecord, VersionState } from '../domain/version.ts';

/**
 * Which state may follow which; there is no other way from one to another. `good ⇄ retired` is the switch between a
 * version and the one before it; `trial` from either is a rollback or a roll-forward, which has to prove itself as well.
 * `failed → staged` is `--force`, with a branch made anew.
 */
export const edges: Readonly<Record<VersionState, readonly VersionState[]>> = {
  staged: ['prepared'],
  prepared: ['armed'],
  armed: ['migrating'],
  migrating: ['trial', 'migrating', 'waiting', 'failed'],
  waiting: ['migrating'],
  trial: ['good', 'failed'],
  good: ['retired', 'trial'],
  retired: ['good', 'trial'],
  failed: ['staged'],
};

/** States in which a version has begun to replace another, and has not proven itself yet. */
export const unproven: readonly VersionState[] = ['armed', 'migrating', 'waiting', 'trial'];

/** States that begin a series of boots, whose tries are counted from nothing. */
const beginsTries: readonly VersionState[] = ['staged', 'armed'];

/**
 * The record in another state, with the change in its history; does not write. Throws Failure `state`, which names both
 * states and those that are possible, or
 * `removing` for a version that is being removed.
 */
export function transition(record: VersionRecord, to: VersionState, { order, at, why }: Occasion): VersionRecord {
  const { state: from, history, tries } = record;
  if (record.removing) throw beingRemoved(record);
  if (!edges[from].includes(to)) throw impossible(record, to);
  const beginsTrial = to === 'trial' && from !== 'migrating';
  return {
    ...record,
    state: to,
    reason: to === 'failed' || to === 'waiting' ? why : null,
    tries: beginsTries.includes(to) || beginsTrial ? 0 : tries,
    // Its root is branched anew: what it was born as is gone with the old one.
    born: to === 'staged' ? null : record.born,
    history: [...history, { order, at, from, to, why, unknown: {} }],
  };
}

/** The record with one more boot counted; does not write. */
export function withTry(record: VersionRecord): VersionRecord {
  return { ...record, tries: record.tries + 1 };
}

/** A version of which parts may be gone is good for nothing any more. */
export function beingRemoved({ id }: Pick<VersionRecord, 'id'>): Failure {
  return new Failure({
    code: 'removing',
    kind: 'input',
    message: `Cannot use ${id}: its removal has begun`,
    advice: 'migrate prune goes on with it',
  });
}

function impossible({ id, state }: VersionRecord, to: VersionState): Failure {
  return new Failure({
    code: 'state',
    kind: 'failed',
    message: `Cannot make ${id} ${to}: it is ${state}, and from there it can only become ${edges[state].join(' or ')}`,
    advice: 'See its state with migrate versions',
  });
}
