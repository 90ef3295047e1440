import { Failure } from '../domain/failure.ts';
import type { ObjectRecord, Place, Uuid, VolumeRecord } from '../domain/volume.ts';
import { displayVolumeName } from '../domain/volume-name.ts';
import type { IntentKind } from './event.ts';
import type { StoreIdentity } from './identity.ts';

/** A branch or tag that is whole, and the line that says of it what its sidecar has to say. */
export type KnownObject = { readonly record: ObjectRecord; readonly line: number };
export type KnownVolume = { readonly record: VolumeRecord; readonly line: number };

/** What was begun and neither done nor given up yet. */
export type Intent = { readonly line: number; readonly what: IntentKind; readonly object: ObjectRecord };

/** What the ledger says of all there is. */
export type LedgerState = {
  readonly identity: StoreIdentity;
  readonly volumes: ReadonlyMap<Uuid, KnownVolume>;
  readonly objects: ReadonlyMap<Uuid, KnownObject>;
  /** By the number of the line that began them. */
  readonly intents: ReadonlyMap<number, Intent>;
  /** What there was, for ancestry. */
  readonly removed: ReadonlyMap<Uuid, ObjectRecord>;
  readonly forgotten: ReadonlyMap<Uuid, VolumeRecord>;
};

/** The volume of that name, or null. */
export function volumeNamed({ volumes }: Pick<LedgerState, 'volumes'>, name: string): VolumeRecord | null {
  return volumes.values().find(({ record }) => record.name === name)?.record ?? null;
}

/** The branch or tag at a place, or null. */
export function objectAt(state: LedgerState, place: Place): KnownObject | null {
  const volume = volumeNamed(state, place.volume);
  const isThere = ({ record: { kind, name, volume: of } }: KnownObject): boolean =>
    of === volume?.uuid && kind === place.kind && name === place.name;
  return state.objects.values().find(isThere) ?? null;
}

/** The branches and tags of a volume, in the order in which they were made. */
export function objectsIn({ objects }: Pick<LedgerState, 'objects'>, volume: Uuid): ObjectRecord[] {
  const found = [...objects.values()].map(({ record }) => record).filter((record) => record.volume === volume);
  return found.sort((a, b) => a.order - b.order);
}

/** The record of a volume, of one that is no more too. Throws where the ledger never had it. */
export function volumeOf(state: Pick<LedgerState, 'volumes' | 'forgotten'>, { volume }: ObjectRecord): VolumeRecord {
  const record = state.volumes.get(volume)?.record ?? state.forgotten.get(volume);
  if (record === undefined) throw new TypeError(`An object of the volume ${volume}, which the ledger never had`);
  return record;
}

/** Where an object lies. */
export function placeOf(state: Pick<LedgerState, 'volumes' | 'forgotten'>, record: ObjectRecord): Place {
  return { volume: volumeOf(state, record).name, kind: record.kind, name: record.name };
}

/** An object as people call it. */
export function displayObject(state: Pick<LedgerState, 'volumes' | 'forgotten'>, record: ObjectRecord): string {
  return displayPlace(placeOf(state, record));
}

/** A place as people call it. */
export function displayPlace({ kind, volume, name }: Place): string {
  return displayVolumeName(kind === 'tag' ? { kind, volume, name } : { kind, volume, name, host: null });
}

/** There is no such volume, branch or tag. */
export function noSuch(what: string): Failure {
  return new Failure({
    code: 'no-object',
    kind: 'input',
    message: `Cannot find ${what} in the store`,
    advice: 'See what there is with migrate volume ls',
  });
}
