import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, foreignObject, objectPath } from '../object-places.ts';
import { removeSidecar } from '../sidecars.ts';
import { mountsOfSubvolume } from './mounted-objects.ts';
import { nestedToRemove, placesOfNested } from './nested-subvolumes.ts';
import { clearReceiving } from './receiving-directory.ts';
import { isSubvolume } from './subvolume-object.ts';

/**
 * Removes the sidecar, then the subvolume, with empty subvolumes in it, or with all; what is not there, too; and what a stream
 * for it has left.
 */
export function removeObject(
  system: System,
  files: Files,
  place: Place,
  { withNested }: { readonly withNested: boolean } = { withNested: false },
): void {
  refuseMounted(system, files, place);
  if (place.kind === 'tag') clearReceiving(system, files, place);
  if (files.status(objectPath(place)) === null) {
    removeSidecar(files, place);
    return;
  }
  if (!isSubvolume(files, place)) throw foreignObject(place, 'it is no subvolume');
  const directory = `${files.root}${objectPath(place)}`;
  const nested = withNested ? [] : nestedToRemove(system, files, place, directory);
  removeSidecar(files, place);
  if (withNested) removeNested(system, directory);
  for (const path of nested) files.removeDirectory(path);
  system.commands.run('btrfs', ['subvolume', 'delete', '--commit-after', textOrBytes(directory)]);
}

/** Also those that cannot be written to, such as snapshots that others have made; the innermost first. */
function removeNested(system: System, directory: ByteString): void {
  for (const path of placesOfNested(system, directory)) {
    const nested = `${directory}${path}`;
    removeNested(system, nested);
    system.commands.run('btrfs', ['subvolume', 'delete', '--commit-after', textOrBytes(nested)]);
  }
}

/** The kernel itself removes a subvolume that is mounted elsewhere, and takes away what is mounted in it. */
function refuseMounted(system: System, files: Files, place: Place): void {
  const { at, inside } = mountsOfSubvolume(system, files, place);
  const [directory, path] = [at[0], inside[0]];
  if (directory !== undefined) throw busyObject('remove', place, directory);
  if (path !== undefined) throw busyObject('remove', place, `${textOrBytes(path)} in it`);
}
