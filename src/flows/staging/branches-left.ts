import { lastChangeTo, type VersionRecord } from '../../domain/version.ts';
import { type ObjectRecord, type Place, samePlace } from '../../domain/volume.ts';
import { objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { isFilling, madeFor } from '../../versions/carry-out-bindings.ts';
import { systemPlace } from './change-version.ts';

/** Branches of volumes that were not filled to the end, and that nothing was made of. */
export function fillingsLeft({ state }: Store): ObjectRecord[] {
  const objects = [...state.objects.values()].map(({ record }) => record);
  const sources = new Set(objects.map(({ from }) => from));
  return objects.filter((object) => isFilling(object) && object.holds.length === 0 && !sources.has(object.uuid));
}

/**
 * Branches that were made for versions which failed before there was a root of them: nothing was ever written to them. One
 * whose version has no record any more stays, since it may have been used.
 */
export function unusedBranches(store: Store, records: readonly VersionRecord[]): ObjectRecord[] {
  return branchesOfUnmade(
    store,
    records.filter(({ state }) => state === 'failed'),
    records,
  );
}

/** Those that were made for some versions, as far as there never was a root of them; `records` are all that there are. */
export function branchesOfUnmade(
  store: Store,
  versions: readonly VersionRecord[],
  records: readonly VersionRecord[],
): ObjectRecord[] {
  const made = versions
    .filter((version) => version.born === null && lastChangeTo(version, 'trial') === null)
    .map((version) => ({ version, branches: branchesMadeFor(store, version, records) }))
    .filter(({ branches }) => branches.length > 0);
  const unmade = neverMade(
    store,
    made.map(({ version }) => version),
  );
  return made.flatMap(({ version, branches }) => (unmade.includes(version) ? branches : []));
}

/** Those that nobody holds and no other version uses. */
function branchesMadeFor(
  { state }: Store,
  { id }: VersionRecord,
  records: readonly VersionRecord[],
): readonly ObjectRecord[] {
  const others = records.filter((version) => version.id !== id);
  const objects = [...state.objects.values()].map(({ record }) => record);
  return objects.filter(({ kind, name, notes, holds, volume }) => {
    if (kind !== 'branch' || notes[madeFor] !== id || holds.length > 0) return false;
    const volumeName = state.volumes.get(volume)?.record.name ?? '';
    return others.every(({ bindings }) => bindings[volumeName] !== name);
  });
}

/** A root may be committed, and used, before the store knows of it: the storage is asked, once, and only where it matters. */
function neverMade({ backend, state }: Store, versions: readonly VersionRecord[]): VersionRecord[] {
  const rootOf = ({ branch }: VersionRecord): Place => systemPlace('branch', branch);
  const unknown = versions.filter((version) => objectAt(state, rootOf(version)) === null);
  if (unknown.length === 0) return [];
  const natives = backend.list();
  return unknown.filter((version) => !natives.some(({ place }) => samePlace(place, rootOf(version))));
}
