import type { ItemDraft } from '../../domain/item.ts';
import { lastChangeTo, type VersionRecord } from '../../domain/version.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { transition } from '../../versions/states.ts';
import { runningVersionOf } from '../running-version.ts';
import { changeState, occasionOf } from './change-version.ts';
import { replacing, tidyUp, unbootedVersions } from './drop-version.ts';
import { endsOf, type SwitchRequest } from './ends-of-switch.ts';
import { removeLeftOvers } from './left-overs.ts';
import { type DataAnswer, turnData, turnedData } from './turn-data.ts';

/** Where the next boot goes; or, with nothing changed, why that is not decided yet. */
export type Switched =
  | {
      readonly status: 'switched';
      readonly version: VersionRecord;
      readonly from: VersionRecord;
      /** Versions that were staged, and that the next boot does not make now. */
      readonly dropped: readonly string[];
    }
  | Undecided;

export type Undecided = {
  readonly status: 'waiting';
  readonly version: VersionRecord;
  readonly from: VersionRecord;
  readonly items: readonly ItemDraft[];
};

/**
 * Has the next boot start a version that was good before, as it was left. The one that runs stays as it is, unless it was
 * on trial: then it failed. Data that would be turned back needs an answer; what was staged gives way. Throws Failure
 * `no-version`, `no-way`, `unproven` or `state`.
 */
export function switchVersion(
  place: StorePlace,
  request: SwitchRequest & { readonly data: DataAnswer | null },
): Switched {
  const switched = changeStore(place, (store): Switched => {
    const { from, target } = endsOf(store, request);
    const why = `${request.direction} from ${from.id}`;
    // Nothing is changed where the last of the changes could not be made.
    transition(target, 'trial', occasionOf(store, why));
    const turn = { from, to: target };
    const items = turnedData(store, turn);
    if (items.length > 0 && request.data === null) return { status: 'waiting', version: target, from, items };
    const bindings = turnData(store, turn, items, request.data ?? 'follow');
    const dropped = unbootedVersions(store);
    const left = leave(store, from, `left by a ${request.direction}`);
    const version = changeState(store, { ...target, bindings, ...replacing(store, dropped) }, ['trial'], why);
    return { status: 'switched', version, from: left, dropped };
  });
  if (switched.status === 'switched') tidyUp(place, removeLeftOvers);
  return switched;
}

/**
 * A version that has proven itself stays what it is; one that has not, failed. One that had proven itself before and does
 * not run is a switch that is taken back: it is what it was.
 */
function leave(store: Store, from: VersionRecord, why: string): VersionRecord {
  const { system, files } = store;
  const isRunning = runningVersionOf(system, readWholeVersions(files))?.id === from.id;
  if (from.state === 'trial' && lastChangeTo(from, 'good') !== null && !isRunning) {
    return changeState(store, from, ['good', 'retired'], why);
  }
  if (from.state === 'trial' || from.state === 'migrating') return changeState(store, from, ['failed'], why);
  return from.state === 'waiting' ? changeState(store, from, ['migrating', 'failed'], why) : from;
}
