import type { DeclaredVolume } from '../../domain/declared-volume.ts';
import { Failure } from '../../domain/failure.ts';
import { boundBranch, type VersionRecord } from '../../domain/version.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { branchSource, type MountUnit, mountUnit } from '../../versions/mount-units.ts';
import { writeMountUnits } from '../../versions/write-mount-units.ts';

/**
 * Writes the units that mount a version's volumes into its root, in place of those that are there; on the disk when it
 * returns. Throws Failure `cannot-boot` where the storage is none that a unit could mount.
 */
export function mountVolumesIn(
  { backend }: Store,
  root: Files,
  version: Pick<VersionRecord, 'id' | 'bindings'>,
  declared: readonly DeclaredVolume[],
): void {
  const units = declared.flatMap((volume): MountUnit[] => {
    const branch = boundBranch(version, volume.name);
    if (branch === null) return [];
    const location = backend.bootLocation({ volume: volume.name, kind: 'branch', name: branch });
    if (location === null) throw unmountable(volume, backend.name);
    return [mountUnit(volume, { version: version.id, branch }, location.source ?? branchSource(location.root))];
  });
  writeMountUnits(root, units);
  root.syncFilesystem();
}

function unmountable({ name }: DeclaredVolume, backend: string): Failure {
  return new Failure({
    code: 'cannot-boot',
    kind: 'failed',
    message: `Cannot mount the volume ${name} by a unit: ${backend} has nothing that a unit could name`,
    advice: 'On ZFS, use datasets with names without blanks',
  });
}
