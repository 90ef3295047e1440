import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { displayPlace, objectPath } from '../object-places.ts';
import { nestedPaths } from './find-candidates.ts';

/** Where other subvolumes lie in the one at a directory of this machine. */
export function placesOfNested(system: System, directory: ByteString): RootPath[] {
  const subvolume = system.subvolumes.open(directory);
  if (subvolume === null) return [];
  try {
    return nestedPaths(subvolume);
  } finally {
    subvolume.close();
  }
}

/**
 * The nested subvolumes that have to go before the object can, as paths of the store. Systems make empty ones by
 * themselves (systemd-tmpfiles: /var/lib/portables and others). Throws Failure `nested` where one holds anything: that is
 * in no snapshot of the object, and nobody has said that it is to go.
 */
export function nestedToRemove(system: System, files: Files, place: Place, directory: ByteString): RootPath[] {
  const found = placesOfNested(system, directory);
  for (const path of found) {
    const inStore = `${objectPath(place)}${path}`;
    if (files.list(inStore).length > 0) throw nestedContent(place, path);
  }
  return found.map((path) => `${objectPath(place)}${path}`);
}

function nestedContent(place: Place, path: RootPath): Failure {
  return new Failure({
    code: 'nested',
    kind: 'failed',
    message: `Cannot remove ${displayPlace(place)}: the subvolume ${displayBytes(path)} in it holds files`,
    advice: 'Move that subvolume away, or delete it (btrfs subvolume delete)',
  });
}
