import { Failure } from '../../domain/failure.ts';
import { isImage } from '../../domain/image.ts';
import { systemVolume, type VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { objectAt, objectsIn, volumeNamed } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { systemPlace } from '../staging/change-version.ts';

/** The images of a store, in the order in which they came. */
export function imagesIn({ state }: Store): ObjectRecord[] {
  const volume = volumeNamed(state, systemVolume);
  return volume === null ? [] : objectsIn(state, volume.uuid).filter(isImage);
}

/** The image of that name. Throws Failure `no-image`. */
export function imageNamed(store: Store, name: string): ObjectRecord {
  const tag = objectAt(store.state, systemPlace('tag', name))?.record;
  if (tag !== undefined && isImage(tag)) return tag;
  const what = tag === undefined ? `There is no image "${name}" in the store` : `${name} is a tag, and no image`;
  throw new Failure({ code: 'no-image', kind: 'input', message: what, advice: 'See them with migrate image ls' });
}

/** States in which the changes that a version takes over are still told from its base. */
const unmade: readonly VersionRecord['state'][] = ['staged', 'prepared', 'armed', 'migrating', 'waiting'];

/** The versions that are made from an image, or are still to be made with its help. */
export function usersOf(image: string, versions: readonly VersionRecord[]): VersionRecord[] {
  return versions.filter(
    (version) => version.image === image || (version.base === image && unmade.includes(version.state)),
  );
}
