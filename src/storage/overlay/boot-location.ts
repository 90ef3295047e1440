import { textOrBytes } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { locationOf as storeLocation } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { BootLocation } from '../backend.ts';
import { objectPath } from '../object-places.ts';
import { layerPath, readLayers, treePath } from './layers.ts';
import { isWholeFilesystem } from './whole-filesystem.ts';

/** Opens the directory of the store for a while. */
export type WithStore = <Result>(use: (files: Files) => Result) => Result;

/**
 * Where `mount.migrate` finds the list of layers of an object, which need not be there yet; of a root that was there
 * before the store, its filesystem, from which it starts as it always did.
 */
export function locationOf(system: System, withStore: WithStore, place: Place): BootLocation {
  const store = withStore((files) => storeLocation(system, files));
  const { device } = store;
  const layers = withStore((files) => readLayers(files, objectPath(place)));
  const object = `${store.path}${objectPath(place)}`;
  if (typeof layers !== 'string' && isWholeFilesystem(layers)) {
    const whole = { device, subvolume: null };
    return { store, root: whole, content: { ...whole, object }, pathOf: textOrBytes };
  }
  const root = { device, subvolume: null, object };
  const placeIn = (path: RootPath): string => withStore((files) => placeOfFile(files, place, path));
  return { store, root, pathOf: (path) => `/${store.path}${placeIn(path)}` };
}

/** Where in the store the file lies that the object shows at a path: loaders of kernels know no layers. */
function placeOfFile(files: Files, place: Place, path: RootPath): string {
  const object = objectPath(place);
  const layers = readLayers(files, object);
  const below = typeof layers === 'string' ? [] : layers.map(layerPath);
  const trees = [...(place.kind === 'branch' ? [object] : []), ...below].map(treePath);
  const inTree = trees.map((tree) => childOf(tree, path.slice(1)));
  return textOrBytes(inTree.find((one) => files.status(one)?.type === 'file') ?? childOf(object, path.slice(1)));
}
