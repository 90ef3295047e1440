import { displayBytes } from '../../domain/bytes.ts';
import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, foreignObject, objectPath } from '../object-places.ts';
import { removeSidecar } from '../sidecars.ts';
import { goingName, isOwnDirectory, removalOrder, treePath } from './layers.ts';
import { mountsOfObject } from './mounted-objects.ts';
import { removeTree, removeUnusedLayers } from './remove-layers.ts';
import { looksOf } from './stack.ts';
import { thawBranches } from './thaw-branches.ts';

/** Removes the sidecar, the object and the layers that nothing names any more; what is half made or half removed too. */
export function removeObject(system: System, files: Files, place: Place): void {
  const path = objectPath(place);
  const there = files.status(path) !== null;
  if (there && !isOwnDirectory(files, path)) throw foreignObject(place, 'it holds other things than a branch or tag');
  const [mounted] = there ? mountsOfObject(system, looksOf(system, files, place)) : [];
  if (mounted !== undefined) throw busyObject('remove', place, displayBytes(mounted.mount.directory));
  removeSidecar(files, place);
  if (there) {
    disable(files, path);
    for (const name of removalOrder) removePart(system, files, childOf(path, name));
    files.removeDirectory(path);
    files.sync(parentOf(path));
  }
  thawBranches(system, files);
  removeUnusedLayers(system, files);
  files.syncFilesystem();
}

/** From here on it is not mounted: half of its changes would look like a whole root. */
function disable(files: Files, path: RootPath): void {
  if (files.status(treePath(path)) === null) return;
  files.rename(treePath(path), childOf(path, goingName));
  files.sync(path);
}

function removePart(system: System, files: Files, path: RootPath): void {
  const type = files.status(path)?.type;
  if (type === 'directory') removeTree(system, files, path);
  else if (type !== undefined) files.unlink(path);
}
