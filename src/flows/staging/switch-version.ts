import { Failure } from '../../domain/failure.ts';
import type { ItemDraft } from '../../domain/item.ts';
import { lastChangeTo, type VersionRecord } from '../../domain/version.ts';
import { changeStore, readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { transition } from '../../versions/states.ts';
import type { OnProgress } from '../progress.ts';
import { runningVersionOf } from '../running-version.ts';
import { type AnsweredData, answerTurnedData, type DataAnswers } from './answer-turned-data.ts';
import { changeState, occasionOf } from './change-version.ts';
import { replacing, tidyUp, unbootedVersions } from './drop-version.ts';
import { type Ends, endsOf, type SwitchRequest } from './ends-of-switch.ts';
import { removeLeftOvers } from './left-overs.ts';
import { turnData, turnedData } from './turn-data.ts';

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
  /** Those that nothing was said of. */
  readonly items: readonly ItemDraft[];
};

export type SwitchVersionRequest = SwitchRequest & DataAnswers & { readonly onProgress?: OnProgress };

/**
 * Has the next boot start a version that was good before, as it was left. The one that runs stays as it is, unless it was
 * on trial: then it failed. Data that would be turned back needs an answer; what was staged gives way. Throws Failure
 * `no-version`, `no-way`, `unproven`, `state`, `overtaken` and those of `answerTurnedData`.
 */
export function switchVersion(place: StorePlace, request: SwitchVersionRequest): Switched {
  const { onProgress = () => undefined } = request;
  const ends = changeStore(place, (store) => switchableEnds(store, request));
  const { from, target: version } = ends;
  // Others need not wait for this: however long it takes, people write their data until the machine starts anew.
  const turned = readStore(place, (store) => turnedData(store, { from, to: version }, onProgress));
  const { answers, waiting } = answerTurnedData(turned, request, { from, to: version });
  if (waiting.length > 0) return { status: 'waiting', version, from, items: waiting };
  const switched = changeStore(place, (store) => {
    const now = switchableEnds(store, request);
    if (JSON.stringify(now) !== JSON.stringify(ends)) throw overtaken(ends);
    return carryOut(store, request, now, answers);
  });
  tidyUp(place, removeLeftOvers);
  return switched;
}

/** What the switch is between. Nothing is changed where the last of the changes could not be made. */
function switchableEnds(store: Store, request: SwitchRequest): Ends {
  const ends = endsOf(store, request);
  transition(ends.target, 'trial', occasionOf(store, whyOf(request, ends.from)));
  return ends;
}

function carryOut(
  store: Store,
  request: SwitchRequest,
  { from, target }: Ends,
  answers: AnsweredData['answers'],
): Switched {
  const why = whyOf(request, from);
  const bindings = turnData(store, { from, to: target }, answers);
  const dropped = unbootedVersions(store);
  const left = leave(store, from, `left by a ${request.direction}`);
  const version = changeState(store, { ...target, bindings, ...replacing(store, dropped) }, ['trial'], why);
  return { status: 'switched', version, from: left, dropped };
}

function whyOf({ direction }: SwitchRequest, { id }: VersionRecord): string {
  return `${direction} from ${id}`;
}

/** What was asked is no longer what would be done. */
function overtaken({ target: { id } }: Ends): Failure {
  return new Failure({
    code: 'overtaken',
    kind: 'failed',
    message: `Cannot switch to ${id}: another command has changed the versions meanwhile`,
    advice: 'See them with migrate versions, and run this again',
  });
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
