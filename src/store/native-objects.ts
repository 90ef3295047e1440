import { type Place, samePlace } from '../domain/volume.ts';
import type { NativeObject } from '../storage/backend.ts';
import type { LedgerState } from './ledger-state.ts';
import type { Digest } from './sealed.ts';
import { parseSidecar, type Sidecar } from './sidecar.ts';

/** What lies at a place of the storage, with what its sidecar says. */
export type FoundObject = {
  readonly place: Place;
  /** `none`: there is no sidecar; `unreadable`: there is one, damaged or not ours. */
  readonly sidecar: Sidecar | 'none' | 'unreadable';
  /** The sidecar as it is written; empty where there is none. */
  readonly text: string;
};

/** What lies in the storage. */
export function foundObjects(natives: readonly NativeObject[], digest: Digest): FoundObject[] {
  return natives.map(({ place, sidecar }) => ({
    place,
    sidecar: sidecar === null ? 'none' : (parseSidecar(sidecar, digest) ?? 'unreadable'),
    text: sidecar ?? '',
  }));
}

/** What lies at the place; null where nothing does. */
export function foundAt(found: readonly FoundObject[], place: Place): FoundObject | null {
  return found.find((one) => samePlace(one.place, place)) ?? null;
}

/** The sidecar of an object that belongs to this store; null for all that lies there besides. */
export function ownSidecar({ sidecar }: FoundObject, { identity }: Pick<LedgerState, 'identity'>): Sidecar | null {
  if (sidecar === 'none' || sidecar === 'unreadable') return null;
  return sidecar.store === identity.instance ? sidecar : null;
}

/** Whether the ledger has ever had the object. */
export function isKnown({ objects, removed, intents }: LedgerState, { object }: Sidecar): boolean {
  const { uuid } = object;
  return objects.has(uuid) || removed.has(uuid) || intents.values().some((intent) => intent.object.uuid === uuid);
}
