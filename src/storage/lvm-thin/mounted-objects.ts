import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import type { System } from '../../system/system.ts';
import { type MountNamespace, mountNamespaces } from '../mount-namespaces.ts';
import type { ThinVolume } from './thin-pool.ts';

/** The mounts of a volume that any process has. */
export function mountsOfVolume(
  system: System,
  { device }: ThinVolume,
): { readonly mount: MountedFilesystem; readonly namespace: MountNamespace }[] {
  if (device === null) return [];
  return mountNamespaces(system).flatMap((namespace) =>
    namespace.mounts.filter((mount) => mount.device === device).map((mount) => ({ mount, namespace })),
  );
}
