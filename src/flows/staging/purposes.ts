import type { RootPath } from '../../domain/path.ts';
import { systemVolume } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { objectsIn, volumeNamed } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';

/** What the notes say that a branch or tag of the volume of roots is for, where that is needed for a while only. */
export const purposes = {
  /** A branch that an image is unpacked into. */
  import: 'unpacking an image',
  /** A branch from which a version as it is now is tagged. */
  copy: 'tagging a version',
  /** A tag of what a version holds, that another version is to be made of. */
  switch: 'switch',
} as const;

/** Held by whoever unpacks an image, for as long as that takes. */
export const importLock: RootPath = '/unpacking.lock';

/** What there is for a purpose, in the order in which it was made. */
export function objectsFor({ state }: Store, purpose: (typeof purposes)[keyof typeof purposes]): ObjectRecord[] {
  const volume = volumeNamed(state, systemVolume);
  const objects = volume === null ? [] : objectsIn(state, volume.uuid);
  return objects.filter(({ notes }) => notes['purpose'] === purpose);
}
