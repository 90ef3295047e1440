import { parentOf, type RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { objectPath, placesIn } from '../object-places.ts';
import { isUnchanged } from './branch-directory.ts';
import { type LayerUser, usersOfLayers } from './layer-users.ts';
import { isLayerId, type LayerId, layerPath, layersPath, readLayers, treePath } from './layers.ts';
import { unlockFiles } from './locked-files.ts';
import { mountsOfObject } from './mounted-objects.ts';
import { looksOf } from './stack.ts';
import { walkLayer } from './walk-layer.ts';

/**
 * Gives branches back the layers that nothing but they name and over which they have no changes: what was frozen for
 * another object that is gone. Such a branch has one layer less, and where none is left it is a plain directory, which
 * overlayfs itself can lie on (containers need that). The two directories change names at once, as in `freezeBranch`.
 */
export function thawBranches(system: System, files: Files): void {
  const users = usersOfLayers(files);
  if (users === null) return;
  for (const place of placesIn(files)) if (place.kind === 'branch') thaw(system, files, place, users);
}

function thaw(system: System, files: Files, place: Place, users: ReadonlyMap<LayerId, readonly LayerUser[]>): void {
  const path = objectPath(place);
  const layers = readLayers(files, path);
  if (typeof layers === 'string') return;
  const [topmost] = layers;
  if (topmost === undefined || !isLayerId(topmost) || users.get(topmost)?.length !== 1) return;
  if (!isUnchanged(files, path, layers) || !isBelow(files, topmost, layers)) return;
  if (hasOtherNames(files, treePath(layerPath(topmost)))) return;
  if (mountsOfObject(system, looksOf(system, files, place)).length > 0) return;
  // Over other layers overlayfs itself keeps these flags, and could not take them off where they are set.
  if (layers.length > 1) unlockFiles(files, treePath(layerPath(topmost)));
  files.exchange(layerPath(topmost), path);
  for (const directory of [layersPath, parentOf(path)]) files.sync(directory);
}

/** Whether the layer was made of a branch over just the layers that lie below it. */
function isBelow(files: Files, layer: LayerId, layers: readonly LayerId[]): boolean {
  const below = readLayers(files, layerPath(layer));
  return typeof below !== 'string' && below.join() === layers.slice(1).join();
}

/**
 * Whether a layer that was joined from this one has its files too, as while joining was interrupted: what is written to the
 * branch must not get there. Whiteouts are no content, and overlayfs itself gives one many names.
 */
function hasOtherNames(files: Files, tree: RootPath): boolean {
  const names = new Map<number, number>();
  for (const { place, type } of walkLayer(files, tree)) {
    const inode = type === 'directory' || type === 'whiteout' ? undefined : files.status(place)?.inode;
    if (inode !== undefined && inode.links > 1) names.set(inode.number, (names.get(inode.number) ?? inode.links) - 1);
  }
  return names.values().some((missing) => missing > 0);
}
