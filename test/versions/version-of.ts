import { newVersion, type VersionRecord, type VersionState } from '../../src/domain/version.ts';
import { transition } from '../../src/versions/states.ts';

/** The states on the usual way to a state, from `staged`. */
const ways: Readonly<Record<VersionState, readonly VersionState[]>> = {
  staged: [],
  prepared: ['prepared'],
  armed: ['prepared', 'armed'],
  migrating: ['prepared', 'armed', 'migrating'],
  waiting: ['prepared', 'armed', 'migrating', 'waiting'],
  trial: ['prepared', 'armed', 'migrating', 'trial'],
  good: ['prepared', 'armed', 'migrating', 'trial', 'good'],
  retired: ['prepared', 'armed', 'migrating', 'trial', 'good', 'retired'],
  failed: ['prepared', 'armed', 'migrating', 'trial', 'failed'],
};

/** The same minute of the day of the order, in January 2026. */
export function atOrder(order: number): string {
  return new Date(Date.UTC(2026, 0, 1, 12) + order * 86_400_000).toISOString();
}

/**
 * A version that came to a state by the usual way. Its changes are numbered from ten times its order, so that those of
 * later versions come later.
 */
export function versionOf(
  id: string,
  state: VersionState,
  order: number,
  facts: Partial<VersionRecord> = {},
): VersionRecord {
  const first = newVersion(
    { id, order, image: `image-${order}`, base: null, parent: null, branch: id, bindings: {} },
    'staged',
    occasion(order * 10),
  );
  const states = ways[state];
  const made = states.reduce((record, to, step) => transition(record, to, occasion(order * 10 + step + 1)), first);
  return { ...made, ...facts };
}

function occasion(order: number): { readonly order: number; readonly at: string; readonly why: string } {
  return { order, at: atOrder(order), why: 'for the test' };
}
