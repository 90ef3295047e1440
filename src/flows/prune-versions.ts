import type { Place } from '../domain/volume.ts';
import { changeStore, readStore, type StorePlace } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import { type PruningPlan, planPruning } from '../versions/plan-pruning.ts';
import { placesOf, prune } from '../versions/prune.ts';
import { readWholeVersions } from '../versions/records.ts';
import type { LeftOver } from '../versions/remove-in-rounds.ts';
import type { Retained } from '../versions/retention.ts';
import { runningVersionOf } from './running-version.ts';
import { leftOvers, type RemovedLeftOver, removeLeftOvers } from './staging/left-overs.ts';

export type PruneRequest = {
  /** How many of the versions that were good stay. */
  readonly keep: number;
  /** Whether nothing is to be changed. */
  readonly dryRun: boolean;
};

export type Pruning = {
  readonly dryRun: boolean;
  readonly retained: readonly Retained[];
  /** What was removed; or would be. */
  readonly removed: readonly Place[];
  /** What stays though its version goes, since it is not the version's to take. */
  readonly kept: readonly LeftOver[];
  /** What the storage would not remove; the next pruning tries again. */
  readonly refused: readonly LeftOver[];
  /** What interrupted commands had left; with `dryRun` it is still there. */
  readonly leftOvers: readonly RemovedLeftOver[];
};

/**
 * Removes the versions that the retention lets go, with what only they use. Throws Failure `version-record` where a
 * record cannot be read: what it refers to is not known then.
 */
export function pruneVersions(place: StorePlace, request: PruneRequest): Pruning {
  if (!request.dryRun) {
    return changeStore(place, (store) => {
      const settled = removeLeftOvers(store);
      const plan = planOf(place.system, store, request);
      return { dryRun: false, retained: plan.retained, kept: plan.kept, ...prune(store, plan), leftOvers: settled };
    });
  }
  return readStore(place, (store) => {
    const { retained, going, kept } = planOf(place.system, store, request);
    const left = leftOvers(store).map((one) => ({ ...one, problem: null }));
    return { dryRun: true, retained, removed: placesOf(going), kept, refused: [], leftOvers: left };
  });
}

function planOf(system: System, store: Store, { keep }: PruneRequest): PruningPlan {
  const records = readWholeVersions(store.files);
  const running = runningVersionOf(system, records)?.id ?? null;
  return planPruning(store.state, { records, running, keep });
}
