import { Failure } from '../domain/failure.ts';
import { originOf, remoteHead } from '../domain/origin.ts';
import type { ObjectRecord, Place, VolumeRecord } from '../domain/volume.ts';
import { displayVolumeName, type ObjectName, parseVolumeName, type VolumeName } from '../domain/volume-name.ts';
import { noSuch, objectAt, objectsIn, volumeNamed } from './ledger-state.ts';
import type { Store } from './store.ts';
import { requireSettled } from './unsettled.ts';

/** Where a branch or tag of that name lies, or would. Throws Failure `no-object` where its volume is not there. */
export function placeNamed(store: Store, name: ObjectName): Place {
  const volume = volumeCalled(store, name);
  return { volume: volume.name, kind: name.kind, name: name.name };
}

/**
 * The volume that a name speaks of; with a host before it, one that was received from there too, which is called
 * `HOST+VOLUME` here. Throws Failure `no-object`.
 */
export function volumeCalled({ state }: Store, name: VolumeName): VolumeRecord {
  const received =
    name.kind === 'branch' && name.host !== null ? volumeNamed(state, `${name.host}+${name.volume}`) : null;
  const volume = received ?? volumeNamed(state, name.volume);
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
  const known = objectAt(store.state, place)?.record ?? remoteBranchCalled(store, name, volume);
  if (known === null) throw noSuch(`the ${name.kind} ${displayVolumeName(name)}`);
  return known;
}

/**
 * The last tag of a branch of another store, which `HOST/VOLUME/BRANCH` stands for where there is no branch of the store's
 * own. Of several stores that one counts which made the volume; null where that does not tell.
 */
function remoteBranchCalled({ state }: Store, name: ObjectName, volume: VolumeRecord): ObjectRecord | null {
  if (name.kind !== 'branch' || name.host === null) return null;
  const objects = objectsIn(state, volume.uuid);
  const sources = new Set(objects.flatMap((object) => originOf(object)?.source ?? []));
  const heads = [...sources].flatMap((source) => remoteHead(objects, { source, branch: name.name }) ?? []);
  const [first = null] = heads;
  if (heads.length < 2) return first;
  return heads.find((head) => originOf(head)?.source === volume.instance) ?? null;
}
