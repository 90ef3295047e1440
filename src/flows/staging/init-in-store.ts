import { type ByteString, bytesOfText, displayBytes, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import { mountOf } from '../../files/location.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { BackendKind } from '../../storage/backend.ts';
import { changeStore } from '../../store/open-store.ts';
import { readIdentity } from '../../store/store-files.ts';
import type { System } from '../../system/system.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { placeOfStore } from '../place-of-store.ts';
import { withRoot } from '../with-root.ts';
import { kernelOf } from './boot-of-version.ts';
import { systemPlace } from './change-version.ts';
import {
  type InitializedMachine,
  type InitRequest,
  idOfRoot,
  initialized,
  mountOfRoot,
  otherHost,
  registerWithVolumes,
  volumesFor,
} from './init-machine.ts';

/** A store that `migrate store create` has made, of a kind whose versions are volumes of a pool. */
export type InitInStoreRequest = InitRequest & { readonly directory: string };

/**
 * Puts a machine whose root is a volume of the store's pool under that store: the volume becomes a branch where it lies, and
 * the first version. Otherwise as `initMachine`; throws Failure `wrong-filesystem` where the store is of another kind,
 * `no-place` where it lies on the root's own volume.
 */
export async function initInStore(
  system: System,
  { directory, ...request }: InitInStoreRequest,
): Promise<InitializedMachine> {
  const root = mountOfRoot(system, request.root);
  withRoot(system, request.root, kernelOf);
  const volumes = volumesFor(system, request);
  const place = await placeOfStore(system, { directory, storeKinds: request.storeKinds });
  const { backend, pool, host } = withRoot(system, directory, readIdentity);
  const takeOver = takeOverOf(place.findKind(backend), directory);
  requireBeside(system, place.directory, root);
  if (pool === undefined) throw new TypeError(`a store on ${backend} has no pool`);
  if (request.host !== null && request.host !== host) throw otherHost(request.host, host);
  changeStore(place, ({ files }) => {
    if (readWholeVersions(files).length > 0) throw initialized(request.root);
  });
  const base = request.importBase === null ? null : await request.importBase(place);
  const registered = changeStore(place, (store) => {
    if (readWholeVersions(store.files).length > 0) throw initialized(request.root);
    const id = idOfRoot(system, base, request.root);
    takeOver({ directory: place.directory, pool }, system, { root, place: systemPlace('branch', id) });
    return registerWithVolumes(store, { id, base }, volumes);
  });
  return { ...registered, store: textOrBytes(place.directory), subvolume: displayBytes(root.source) };
}

/** A boot that makes a version has the old root mounted read-only: the kernel mounts no store that lies there writable beside it. */
function requireBeside(system: System, directory: ByteString, root: MountedFilesystem): void {
  if (withDirectory(system, directory, (files) => mountOf(system, files)).device !== root.device) return;
  throw new Failure({
    code: 'no-place',
    kind: 'input',
    message: `Cannot put this machine into the store ${displayBytes(directory)}: it lies on the volume of the root`,
    advice: 'Mount a filesystem of its own there first, and make the store in it',
  });
}

function takeOverOf(kind: BackendKind | null, directory: string): NonNullable<BackendKind['takeOverVolume']> {
  if (kind?.takeOverVolume !== undefined) return kind.takeOverVolume;
  throw new Failure({
    code: 'wrong-filesystem',
    kind: 'input',
    message: `Cannot put this machine into the store ${displayBytes(bytesOfText(directory))}: versions of its kind lie beside it, not in a pool`,
    advice: 'Leave out --store: the store is made in the filesystem of the root',
  });
}
