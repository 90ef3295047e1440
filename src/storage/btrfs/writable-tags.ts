import { textOrBytes } from '../../domain/bytes.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { objectPath, placesIn } from '../object-places.ts';
import { isSubvolume } from './subvolume-object.ts';

/** Tags that are no read-only subvolumes any more (`btrfs property set … ro false`), and what makes them such again. */
export function writableTags(
  { subvolumes }: System,
  files: Files,
): { readonly place: Place; readonly remedy: string }[] {
  const tags = placesIn(files).filter((place) => place.kind === 'tag' && isSubvolume(files, place));
  return tags.flatMap((place) => {
    const path = `${files.root}${objectPath(place)}`;
    const subvolume = subvolumes.open(path);
    if (subvolume === null) return [];
    try {
      const remedy = `btrfs property set -t subvol ${quoted(textOrBytes(path))} ro true`;
      return subvolume.identity.readOnly ? [] : [{ place, remedy }];
    } finally {
      subvolume.close();
    }
  });
}

/** A word for a shell that stands for exactly this text. */
function quoted(text: string): string {
  return /^[\w/.:+@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
