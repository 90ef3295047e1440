import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, displayPlace, foreignObject, objectPath } from '../object-places.ts';
import { removeSidecar } from '../sidecars.ts';
import { deactivate } from './activation.ts';
import { mountsOfVolume } from './mounted-objects.ts';
import type { PoolOfStore, ThinVolume } from './thin-pool.ts';

/**
 * Removes the sidecar, then the volume where there is one. Snapshots of it in the pool stay whole; where another volume
 * would go with it, throws Failure `needed` and removes nothing.
 */
export function removeObject(
  system: System,
  files: Files,
  place: Place,
  found: { readonly of: PoolOfStore; readonly volume: ThinVolume } | null,
): void {
  if (files.status(objectPath(place)) !== null) {
    throw foreignObject(place, 'something lies in the directory of the store, and volumes lie in the pool');
  }
  if (found !== null) {
    refuseUsed(system, place, found.volume);
    deactivate(system, found.of, found.volume.name);
  }
  removeSidecar(files, place);
  // Without --yes: what is not active goes without a question, and what else it may ask gets no answer, which is a no.
  if (found !== null) system.commands.run('lvremove', [`${found.of.group}/${found.volume.name}`]);
}

function refuseUsed(system: System, place: Place, volume: ThinVolume): void {
  if (volume.neededBy !== null) throw needed(place, volume.neededBy);
  const [mounted] = mountsOfVolume(system, volume);
  if (mounted !== undefined) throw busyObject('remove', place, displayBytes(mounted.mount.directory));
  if (volume.isOpen)
    throw busyObject('remove', place, `a place that cannot be seen, or its device ${volume.device} is open`);
}

/** lvremove(8): removing an origin removes all snapshots that depend on it. */
function needed(place: Place, by: string): Failure {
  return new Failure({
    code: 'needed',
    kind: 'failed',
    message: `Cannot remove ${displayPlace(place)}: the volume ${by} would go with it, and was not made here`,
    advice: 'Remove that volume first, with lvremove, if nobody needs it',
  });
}
