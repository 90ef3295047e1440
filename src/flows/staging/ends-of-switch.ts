import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { runningVersionOf } from '../running-version.ts';
import { versionCalled } from './change-version.ts';
import { unproven } from './require-stageable.ts';

export type SwitchRequest = {
  readonly direction: 'rollback' | 'forward';
  /** Null for the nearest one in the direction. */
  readonly to: string | null;
  /** The version that is left; null for the one that runs. */
  readonly from: string | null;
};

/** The version that is left, and the one that takes over. */
export type Ends = { readonly from: VersionRecord; readonly target: VersionRecord };

/**
 * What a switch is between. Throws Failure `no-version`, `no-way`, and `unproven` where a third version has begun to take over.
 */
export function endsOf(store: Store, { direction, to, from: named }: SwitchRequest): Ends {
  const records = readWholeVersions(store.files);
  const from = named === null ? runningVersionOf(store.system, records) : versionCalled(store, named);
  if (from === null) throw noWay('it is not known which version runs', 'Name the one to leave with --from VERSION');
  const target = to === null ? nearest(records, from, direction) : versionCalled(store, to);
  if (target === null)
    throw noWay(`${from.id} has no ${direction === 'rollback' ? 'older' : 'newer'} version that was good`);
  if (target.id === from.id) throw noWay(`${from.id} is the version to leave`);
  requireNoOther(records, from);
  return { from, target };
}

function nearest(
  records: readonly VersionRecord[],
  from: VersionRecord,
  direction: SwitchRequest['direction'],
): VersionRecord | null {
  const proven = records.filter(({ state, removing }) => !removing && (state === 'good' || state === 'retired'));
  if (direction === 'rollback') return proven.findLast(({ order }) => order < from.order) ?? null;
  return proven.find(({ order }) => order > from.order) ?? null;
}

/** Where the next boot goes must be one thing. */
function requireNoOther(records: readonly VersionRecord[], from: VersionRecord): void {
  const other = records.find(
    ({ id, state }) => id !== from.id && (state === 'migrating' || state === 'waiting' || state === 'trial'),
  );
  if (other !== undefined) throw unproven(other);
}

/** There is nothing that one could switch to. */
export function noWay(why: string, advice = 'See the versions with migrate versions'): Failure {
  return new Failure({ code: 'no-way', kind: 'input', message: `Cannot switch to another version: ${why}`, advice });
}
