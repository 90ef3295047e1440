import { Failure } from '../domain/failure.ts';
import type { ObjectRecord, Place, VolumeRecord } from '../domain/volume.ts';
import { displayVolumeName, type ObjectName, parseVolumeName, type VolumeName } from '../domain/volume-name.ts';
import { noSuch, objectAt, volumeNamed } from './ledger-state.ts';
import { requireSettled } from './settle.ts';
import type { Store } from './store.ts';

/** Where a branch or tag of that name lies, or would. Throws Failure `no-object` where its volume is not there. */
export function placeNamed(store: Store, name: ObjectName): Place {
  volumeCalled(store, name);
  return { volume: name.volume, kind: name.kind, name: name.name };
}

/** The volume that a name speaks of. Throws Failure `no-object`. */
export function volumeCalled({ state }: Store, name: VolumeName): VolumeRecord {
  const volume = volumeNamed(state, name.volume);
  if (volume === null) throw noSuch(`the volume ${name.volume}`);
  if (name.kind !== 'branch' || name.host === null || name.host === volume.host) return volume;
  throw new Failure({
    code: 'no-object',
    kind: 'input',
    message: `Cannot find ${displayVolumeName(name)} in the store: its volume ${volume.name} is of the host ${volume.host}`,
    advice: 'See what there is with migrate volume ls',
  });
}

/** The volume of that name, or all of them in the order of their names. Throws Failure `name` or `no-object`. */
export function volumesMeant(store: Store, name: string | null): VolumeRecord[] {
  if (name !== null) return [volumeCalled(store, parseVolumeName(name))];
  const volumes = [...store.state.volumes.values()].map(({ record }) => record);
  return volumes.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The branch or tag of that name. Throws Failure `no-object`, or `unfinished` where it is only half there. */
export function objectCalled(store: Store, name: ObjectName): ObjectRecord {
  const place = placeNamed(store, name);
  const volume = volumeCalled(store, name);
  const isIt = (object: ObjectRecord): boolean =>
    object.volume === volume.uuid && object.kind === place.kind && object.name === place.name;
  requireSettled(store, displayVolumeName(name), ({ object }) => isIt(object));
  const known = objectAt(store.state, place);
  if (known === null) throw noSuch(`the ${name.kind} ${displayVolumeName(name)}`);
  return known.record;
}
