import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { mountOf } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { pathOnFilesystem } from '../mount-namespaces.ts';
import { displayPlace, noObject, objectPath } from '../object-places.ts';
import { type LayerId, layerPath, readLayers, treePath } from './layers.ts';
import type { Looks } from './mounted-objects.ts';

/** What an object is made of: its own changes, where it is a branch, and the layers below, the topmost first. */
export type Stack = { readonly own: RootPath | null; readonly layers: readonly LayerId[] };

/** Throws Failure `no-object` where the object is not there or not whole. */
export function stackOf(files: Files, place: Place): Stack {
  const layers = readLayers(files, objectPath(place));
  if (typeof layers === 'string') throw noObject(place, `its list of layers is ${layers}`);
  return { own: place.kind === 'branch' ? treePath(objectPath(place)) : null, layers };
}

/** All directories of files of a stack, the topmost first. */
export function treesOf({ own, layers }: Stack): RootPath[] {
  const below = layers.map((id) => treePath(layerPath(id)));
  return own === null ? below : [own, ...below];
}

/** How the object's mounts are known, also where it is not whole. */
export function looksOf(system: System, files: Files, place: Place): Looks {
  const layers = readLayers(files, objectPath(place));
  const own = place.kind === 'branch' ? treePath(objectPath(place)) : null;
  const path =
    own ?? (typeof layers === 'string' || layers[0] === undefined ? objectPath(place) : treePath(layerPath(layers[0])));
  const store = mountOf(system, files);
  const plain = { device: store.device, root: pathOnFilesystem(store, hostPath(files, path)) };
  return { path, status: files.status(path), plain, name: displayPlace(place) };
}

/** Where a path of the store lies on this machine. */
export function hostPath(files: Files, path: RootPath): ByteString {
  return childOf(files.root, path.slice(1));
}
