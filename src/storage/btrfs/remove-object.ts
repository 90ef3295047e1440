import { textOrBytes } from '../../domain/bytes.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, foreignObject, objectPath } from '../object-places.ts';
import { removeSidecar } from '../sidecars.ts';
import { mountsOfSubvolume } from './mounted-objects.ts';
import { nestedToRemove } from './nested-subvolumes.ts';
import { clearReceiving } from './receiving-directory.ts';
import { isSubvolume } from './subvolume-object.ts';

/** Removes the sidecar, then the subvolume, with empty subvolumes in it; what is not there, too; and what a stream for it has left. */
export function removeObject(system: System, files: Files, place: Place): void {
  refuseMounted(system, files, place);
  if (place.kind === 'tag') clearReceiving(system, files, place);
  if (files.status(objectPath(place)) === null) {
    removeSidecar(files, place);
    return;
  }
  if (!isSubvolume(files, place)) throw foreignObject(place, 'it is no subvolume');
  const directory = `${files.root}${objectPath(place)}`;
  const nested = nestedToRemove(system, files, place, directory);
  removeSidecar(files, place);
  for (const path of nested) files.removeDirectory(path);
  system.commands.run('btrfs', ['subvolume', 'delete', '--commit-after', textOrBytes(directory)]);
}

/** The kernel itself removes a subvolume that is mounted elsewhere, and takes away what is mounted in it. */
function refuseMounted(system: System, files: Files, place: Place): void {
  const { at, inside } = mountsOfSubvolume(system, files, place);
  const [directory, path] = [at[0], inside[0]];
  if (directory !== undefined) throw busyObject('remove', place, directory);
  if (path !== undefined) throw busyObject('remove', place, `${textOrBytes(path)} in it`);
}
