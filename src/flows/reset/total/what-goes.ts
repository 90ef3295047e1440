import type { VersionRecord } from '../../../domain/version.ts';
import type { ObjectRecord, VolumeClass } from '../../../domain/volume.ts';
import { objectAt, volumeOf } from '../../../store/ledger-state.ts';
import type { Store } from '../../../store/store.ts';
import { fillingPurpose } from '../../../versions/carry-out-bindings.ts';
import { objectsOf } from '../../../versions/objects-of-versions.ts';
import { imagesIn } from '../../images/image-named.ts';
import { purposes } from '../../staging/purposes.ts';

/** Roots first, which have the keys of everything in /etc; then what services hold, then what people do; images last. */
const turns: Readonly<Record<VolumeClass, number>> = { system: 0, config: 1, state: 1, data: 2 };
const turnOfImages = 3;

/** What a store has besides what one version uses, in the order in which it is destroyed: of each turn the newest first. */
export function objectsThatGo(store: Store, version: VersionRecord): readonly ObjectRecord[] {
  const { state } = store;
  const images = new Set(imagesIn(store).map(({ uuid }) => uuid));
  const stays = new Set(objectsOf(version).map((place) => objectAt(state, place)?.record.uuid));
  const turnOf = (object: ObjectRecord): number =>
    images.has(object.uuid) ? turnOfImages : turns[volumeOf(state, object).class];
  return [...state.objects.values()]
    .map(({ record }) => record)
    .filter(({ uuid }) => !stays.has(uuid))
    .toSorted((a, b) => turnOf(a) - turnOf(b) || b.order - a.order);
}

/**
 * Whether an object is what one that stays was made of, and held nothing else: a branch that an image was unpacked into, or a
 * volume was filled in. Some storage keeps it for as long as there is what was made of it.
 */
export function isOriginOf({ state }: Store, version: VersionRecord, { uuid, notes }: ObjectRecord): boolean {
  const { purpose } = notes;
  if (purpose !== purposes.import && purpose !== fillingPurpose) return false;
  const staying = objectsOf(version).flatMap((place) => objectAt(state, place)?.record ?? []);
  return staying.some(({ from }) => from === uuid);
}
