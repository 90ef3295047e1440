import { displayBytes } from '../../domain/bytes.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, foreignObject, objectPath } from '../object-places.ts';
import { removeSidecar } from '../sidecars.ts';
import { mountsOfVolume } from './mounted-objects.ts';
import type { PoolOfStore, ThinVolume } from './thin-pool.ts';

/** Removes the sidecar, then the volume where there is one. No volume needs another: snapshots of it stay whole. */
export function removeObject(
  system: System,
  files: Files,
  place: Place,
  found: { readonly of: PoolOfStore; readonly volume: ThinVolume } | null,
): void {
  if (files.status(objectPath(place)) !== null) {
    throw foreignObject(place, 'something lies in the directory of the store, and volumes lie in the pool');
  }
  if (found !== null) refuseUsed(system, place, found.volume);
  removeSidecar(files, place);
  if (found !== null) system.commands.run('lvremove', ['--yes', `${found.of.group}/${found.volume.name}`]);
}

function refuseUsed(system: System, place: Place, volume: ThinVolume): void {
  const [mounted] = mountsOfVolume(system, volume);
  if (mounted !== undefined) throw busyObject('remove', place, displayBytes(mounted.mount.directory));
  if (volume.isOpen)
    throw busyObject('remove', place, `a place that cannot be seen, or its device ${volume.device} is open`);
}
