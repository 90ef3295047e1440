import type { VersionRecord } from '../domain/version.ts';
import type { ObjectRecord, Place } from '../domain/volume.ts';
import { type LedgerState, objectAt } from '../store/ledger-state.ts';
import { holdOf, objectsThatGo } from './objects-of-versions.ts';
import type { LeftOver } from './remove-in-rounds.ts';
import { decideRetention, type Retained, type RetentionRequest } from './retention.ts';

/** What is to go with a version. */
export type GoingVersion = { readonly version: VersionRecord; readonly places: readonly Place[] };

export type PruningPlan = {
  readonly retained: readonly Retained[];
  readonly going: readonly GoingVersion[];
  /** What the versions that go refer to, and what is not theirs to take. */
  readonly kept: readonly LeftOver[];
};

/** Which versions go and what goes with them, as the ledger has it; changes nothing. */
export function planPruning(state: LedgerState, request: RetentionRequest): PruningPlan {
  const retained = decideRetention(request);
  const staying = retained.filter(({ stays }) => stays).map(({ version }) => version);
  const leaving = retained.filter(({ stays }) => !stays).map(({ version }) => version);
  const holds = new Set(leaving.map(({ id }) => holdOf(id)));
  const kept: LeftOver[] = [];
  const going = leaving.map((version) => {
    const places = objectsThatGo(version, staying).filter((place) => {
      const object = objectAt(state, place)?.record ?? null;
      if (object === null) return false;
      const why = notTheirs(object, version, holds);
      if (why !== null) kept.push({ place, why });
      return why === null;
    });
    return { version, places };
  });
  return { retained, going, kept };
}

/**
 * Why an object stays though its version goes; null where nothing is in the way. One of the version's name that does not
 * have its hold is another than it was made with, as after an old state was put back (case 125).
 */
function notTheirs(object: ObjectRecord, version: VersionRecord, leaving: ReadonlySet<string>): string | null {
  const others = object.holds.filter((hold) => !leaving.has(hold));
  if (others.length > 0) return `it is held for ${others.join(', ')}`;
  const isHeld = object.holds.includes(holdOf(version.id)) || version.removing;
  return isHeld ? null : `it is not the one that ${version.id} was made with`;
}
