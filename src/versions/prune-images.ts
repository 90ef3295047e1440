import { imageNote, isImage } from '../domain/image.ts';
import { originOf } from '../domain/origin.ts';
import { systemVolume, type VersionRecord } from '../domain/version.ts';
import { type ObjectRecord, type Place, samePlace } from '../domain/volume.ts';
import { type LedgerState, objectAt, objectsIn, placeOf, volumeNamed } from '../store/ledger-state.ts';
import { removeObject } from '../store/remove-object.ts';
import type { Store } from '../store/store.ts';
import type { Pruned } from './prune.ts';
import { removeInRounds } from './remove-in-rounds.ts';

/** What the retention says of an image, and why. */
export type RetainedImage = {
  readonly image: ObjectRecord;
  readonly stays: boolean;
  /** Every reason to stay; or the one why it goes. */
  readonly why: readonly string[];
};

export type ImageRetention = {
  /** The versions that stay, and those that a crash has kept from being removed. */
  readonly versions: readonly VersionRecord[];
  /** What goes with the versions that go. */
  readonly going: readonly Place[];
  /** How many images stay in any case, counted from the newest. */
  readonly keep: number;
};

/**
 * Which images stay and which go, newest first, without those that go with a version. One goes that nothing refers to: no
 * version is made from it or tells its changes from it, whatever its state, nobody holds it, and nothing was made of it.
 * What came from another store is left to `volume gc`.
 */
export function decideImages(state: LedgerState, { versions, going, keep }: ImageRetention): RetainedImage[] {
  const volume = volumeNamed(state, systemVolume);
  const objects = volume === null ? [] : objectsIn(state, volume.uuid);
  const newestFirst = objects.filter((record) => isImage(record) && originOf(record) === null).toReversed();
  const newest = new Set(newestFirst.slice(0, keep));
  return newestFirst
    .filter((image) => !going.some((place) => samePlace(place, placeOf(state, image))))
    .map((image) => {
      const isNewest = newest.has(image) ? [`it is one of the newest ${keep} images`] : [];
      const users = usersOf(image, versions);
      // Versions hold what they use.
      const why = [...(users.length > 0 ? users : referrersOf(image, objects)), ...isNewest];
      if (why.length > 0) return { image, stays: true, why };
      return { image, stays: false, why: [`nothing refers to it, and it is none of the newest ${keep} images`] };
    });
}

/** A version that was made keeps its base too: what was changed since may be asked for. */
function usersOf({ name }: ObjectRecord, versions: readonly VersionRecord[]): string[] {
  return versions.filter(({ image, base }) => image === name || base === name).map(({ id }) => `${id} needs it`);
}

function referrersOf(image: ObjectRecord, objects: readonly ObjectRecord[]): string[] {
  const heirs = objects.filter((object) => object.from === image.uuid && originOf(object) === null);
  const noted = objects.filter((object) => !isImage(object) && object.notes[imageNote] === image.name);
  return [
    ...image.holds.map((hold) => `it is held for ${hold}`),
    ...heirs.map(({ kind, name }) => `the ${kind} ${name} was made from it`),
    ...noted.map(({ name }) => `the tag ${name} came from it`),
  ];
}

/** Removes the images that go. What the storage refuses, such as one that is mounted, stays. */
export function pruneImages(store: Store, images: readonly RetainedImage[]): Pruned {
  const places = placesOfGoing(store.state, images);
  const refused = removeInRounds(places, (place) => {
    const object = objectAt(store.state, place)?.record;
    if (object !== undefined) removeObject(store, object);
  });
  return { removed: places.filter((place) => !refused.some((each) => samePlace(each.place, place))), refused };
}

/** The oldest first, so that what is interrupted leaves what a shorter run would have left. */
export function placesOfGoing(state: LedgerState, images: readonly RetainedImage[]): Place[] {
  return images.flatMap(({ image, stays }) => (stays ? [] : [placeOf(state, image)])).toReversed();
}
