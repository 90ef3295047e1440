import { Failure } from '../../domain/failure.ts';
import { displayObject, placeOf } from '../../store/ledger-state.ts';
import { changeStore, readStore } from '../../store/open-store.ts';
import { removeObject } from '../../store/remove-object.ts';
import { volumesMeant } from '../../store/resolve.ts';
import { decideTags, type RetainedTag, type RetentionRules } from '../../store/retention.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { leftOvers, type RemovedLeftOver, removeLeftOvers } from '../staging/left-overs.ts';
import { referencesIn } from './references.ts';

type Request = StoreRequest & {
  /** Null for all volumes. */
  readonly volume: string | null;
  readonly rules: RetentionRules;
  readonly dryRun: boolean;
};

/** A tag, and what became of it, or would. `left`: it was to go, and the storage refused. */
export type CollectedTag = {
  readonly name: string;
  readonly outcome: 'stays' | 'goes' | 'left';
  readonly why: readonly string[];
};

export type Collected = {
  readonly tags: readonly CollectedTag[];
  /** What interrupted commands had left, for all volumes only; with `dryRun` it is still there. */
  readonly leftOvers: readonly RemovedLeftOver[];
};

/**
 * Removes the tags that no rule keeps and nobody needs, and what interrupted commands have left; with `dryRun` says which,
 * and changes nothing.
 */
export async function collectGarbage(system: System, request: Request): Promise<Collected> {
  const place = await placeOfStore(system, request);
  const isForAll = request.volume === null;
  if (request.dryRun) {
    return readStore(place, (store) => ({
      tags: decided(store, request).map(({ shown }) => shown),
      leftOvers: isForAll ? leftOvers(store).map((one) => ({ ...one, problem: null })) : [],
    }));
  }
  return changeStore(place, (store) => {
    const removedBefore = isForAll ? removeLeftOvers(store) : [];
    const tags = decided(store, request);
    // The oldest first, so that one that is interrupted leaves what a shorter run would have left.
    const outcomes = tags.toReversed().map((one) => (one.retained.stays ? one.shown : removed(store, one)));
    return { tags: outcomes.reverse(), leftOvers: removedBefore };
  });
}

type Decided = { readonly retained: RetainedTag; readonly shown: CollectedTag };

function decided(store: Store, { volume, rules }: Request): Decided[] {
  const { to, unproven } = referencesIn(store.files);
  // Until a new version has proven itself, whatever the old one might be given back stays (case 107).
  const waiting = unproven === null ? [] : [`version ${unproven.id} has not proven itself yet`];
  return volumesMeant(store, volume).flatMap((one) =>
    decideTags(store.state, one, rules, (tag) => [...to(placeOf(store.state, tag)), ...waiting]).map((retained) => {
      const { tag, stays, why } = retained;
      return { retained, shown: { name: displayObject(store.state, tag), outcome: stays ? 'stays' : 'goes', why } };
    }),
  );
}

/** One that is mounted or that another rests on must not keep the rest. */
function removed(store: Store, { retained, shown }: Decided): CollectedTag {
  try {
    removeObject(store, retained.tag);
    return shown;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { ...shown, outcome: 'left', why: [error.message] };
  }
}
