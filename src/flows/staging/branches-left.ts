import { lastChangeTo, type VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
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
  const objects = [...store.state.objects.values()].map(({ record }) => record);
  return records
    .filter((version) => wasNeverMade(store, version))
    .flatMap(({ id }) => {
      const others = records.filter((version) => version.id !== id);
      return objects.filter(({ kind, name, notes, holds, volume }) => {
        if (kind !== 'branch' || notes[madeFor] !== id || holds.length > 0) return false;
        const volumeName = store.state.volumes.get(volume)?.record.name ?? '';
        return others.every(({ bindings }) => bindings[volumeName] !== name);
      });
    });
}

/** A root may be committed, and used, before the store knows of it. */
function wasNeverMade(store: Store, version: VersionRecord): boolean {
  if (version.state !== 'failed' || version.born !== null || lastChangeTo(version, 'trial') !== null) return false;
  const root = systemPlace('branch', version.branch);
  const isThere = store.backend
    .list()
    .some(({ place }) => place.volume === root.volume && place.kind === root.kind && place.name === root.name);
  return !isThere && objectAt(store.state, root) === null;
}
