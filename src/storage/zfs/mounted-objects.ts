import { displayBytes } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import type { System } from '../../system/system.ts';
import { insidePath, type MountNamespace, mountNamespaces, placesMountedIn } from '../mount-namespaces.ts';

/**
 * Where a dataset, or a part of it, is mounted, and the places in it at which something else is mounted; by this or any
 * other process of the machine.
 */
export function mountsOfDataset(
  system: System,
  name: string,
  namespaces: readonly MountNamespace[] = mountNamespaces(system),
): { readonly at: readonly string[]; readonly inside: readonly RootPath[] } {
  const at: string[] = [];
  const inside: RootPath[] = [];
  for (const namespace of namespaces) {
    for (const mount of namespace.mounts) {
      if (mount.filesystem !== 'zfs' || mount.source !== name) continue;
      at.push(displayBytes(mount.directory));
      inside.push(...placesMountedIn(mount, namespace).flatMap((one) => insidePath(one, '/') ?? []));
    }
  }
  return { at, inside };
}
