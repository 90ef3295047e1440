import { displayBytes, textOrBytes } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { emptyDirectory } from '../../images/remove-tree.ts';
import type { Store } from '../../store/store.ts';
import type { System } from '../../system/system.ts';
import { boundVolumes, holdsAnything, isOfVersion, nestedInVolume } from '../bound-volumes.ts';
import { fillFromRoot, requireMountPoint } from '../fill-volume.ts';
import { withRoot } from '../with-root.ts';

/**
 * Makes a copy of a version's root an image of all of the version: settings and state as its volumes hold them now, in
 * place of what they began with. Where neither this root nor `base`, which changes are told from, has anything at a mount
 * point, the volume never came from an image, and goes on as it is. Throws Failure as `loadVolumes` does,
 * `mount-point`, and `nested` where a volume holds a subvolume. Returns what a person should hear of: what could not be
 * copied, by its path in the root.
 */
export function putVolumesInRoot(
  store: Store,
  version: VersionRecord,
  { directory, base }: { readonly directory: string; readonly base: string | null },
): string[] {
  const { system, backend } = store;
  return boundVolumes(store, version, directory).flatMap((bound) => {
    const { volume, place } = bound;
    const { mountPoint } = volume;
    const began = [directory, base].some((root) => root !== null && holdsAnything(system, root, mountPoint));
    if (!isOfVersion(volume) || !began || !isEmptied(system, directory, mountPoint)) return [];
    const [nested] = backend.nestedIn(place);
    if (nested !== undefined) throw nestedInVolume(volume.name, nested);
    const notes = backend.withContent(place, { writable: false }, (content) =>
      fillFromRoot(system, content, '/', `${directory}${textOrBytes(mountPoint)}`),
    );
    return notes.map((note) => `in the copy of the volume ${volume.name}, ${displayBytes(mountPoint)}${note}`);
  });
}

/** Takes away what the root has below the mount point; false where it has none. */
function isEmptied(system: System, directory: string, mountPoint: RootPath): boolean {
  return withRoot(system, directory, (files) => {
    requireMountPoint(files, mountPoint);
    if (files.status(mountPoint) === null) return false;
    emptyDirectory(files, mountPoint);
    return true;
  });
}
