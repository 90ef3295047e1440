import { displayBytes } from '../../domain/bytes.ts';
import { isBelow, type RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { mountOf } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { insidePath, mountNamespaces, pathOnFilesystem, placesMountedIn } from '../mount-namespaces.ts';
import { objectPath } from '../object-places.ts';

/**
 * Where the subvolume, or a part of it, is mounted, and the places in it at which something else is mounted; by this or
 * any other process of the machine.
 */
export function mountsOfSubvolume(
  system: System,
  files: Files,
  place: Place,
): { readonly at: readonly string[]; readonly inside: readonly RootPath[] } {
  const store = mountOf(system, files);
  const path = pathOnFilesystem(store, `${files.root}${objectPath(place)}`);
  const at: string[] = [];
  const inside: RootPath[] = [];
  for (const namespace of mountNamespaces(system)) {
    for (const mount of namespace.mounts) {
      if (mount.device !== store.device) continue;
      if (mount.root === path || isBelow(mount.root, path)) at.push(displayBytes(mount.directory));
      inside.push(...placesMountedIn(mount, namespace).flatMap((one) => insidePath(one, path) ?? []));
    }
  }
  return { at, inside };
}
