import type { BootRequest } from '../../domain/boot-request.ts';
import { displayLocation } from '../../domain/boot-request.ts';
import { bytesOfText } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import { unfinishedName } from '../../domain/unfinished-root.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { NewRoot } from '../new-root.ts';
import { volumesPath } from '../object-places.ts';
import { makeBranchDirectory } from './branch-directory.ts';
import { emptyPath, type LayerId, layerPath, readLayers, treePath, workPath } from './layers.ts';
import { removeTree } from './remove-layers.ts';
import { hostPath } from './stack.ts';
import { isWholeFilesystem } from './whole-filesystem.ts';

/**
 * The result is a branch over the layers of the image, made under another name; the commit renames its directory, with
 * the list of layers that `mount.migrate` reads, to the name in `rootflags=object=`. The image is shared and the changes
 * are few, so that one that was left unfinished is thrown away.
 */
export function prepareOverlay(request: BootRequest, workDirectory: string, system: System): NewRoot {
  const { mounts } = system;
  const top = `${workDirectory}/top`;
  const directory = `${workDirectory}/new`;
  const { store, path: result } = inStore(request.root.object ?? '');
  const unfinished: RootPath = unfinishedName(result);

  /** The store, by the top of its filesystem, which is mounted; what is a part of it is not. */
  function withStore<Value>(use: (files: Files) => Value): Value {
    return withDirectory(system, system.directory(`${top}/${store}`), use);
  }

  function mountTop(writable: boolean): void {
    mounts.unmount(directory);
    mounts.unmount(top);
    mounts.mount(request.root, top, { writable, top: true });
  }

  function unmount(): void {
    mounts.unmount(directory);
    mounts.unmount(top);
  }

  function deleteUnfinished(files: Files): void {
    if (files.status(unfinished) !== null) removeTree(system, files, unfinished);
  }

  /** What the image is made of: a tag of the same store, which nothing can have changed. */
  function imageLayers(files: Files): readonly LayerId[] {
    const { device, object } = request.new;
    if (object === undefined || device !== request.root.device)
      throw badImage(request, 'it must be a tag of the store');
    const image = inStore(object);
    if (image.store !== store || !image.path.includes('/tags/')) throw badImage(request, 'it is no tag of the store');
    const layers = readLayers(files, image.path);
    if (typeof layers === 'string') throw badImage(request, `its list of layers is ${layers}`);
    const missing = layers.find((id) => files.status(treePath(layerPath(id)))?.type !== 'directory');
    if (layers.length === 0 || isWholeFilesystem(layers)) throw badImage(request, 'it has no layers');
    if (missing !== undefined) throw badImage(request, `its layer ${missing} is not there`);
    return layers;
  }

  function isThere(files: Files): boolean {
    if (files.status(result) === null) return false;
    const layers = readLayers(files, result);
    if (typeof layers !== 'string') return true;
    throw new Failure({
      code: 'damaged-root',
      kind: 'failed',
      message: `Cannot use ${displayLocation(request.root)}: its list of layers is ${layers}`,
      advice: 'migrate volume fsck says what is there',
    });
  }

  return {
    resumes: false,
    isCommitted() {
      mountTop(false);
      try {
        return withStore(isThere);
      } finally {
        unmount();
      }
    },
    open() {
      mountTop(true);
      withStore((files) => {
        deleteUnfinished(files);
        const layers = imageLayers(files);
        makeBranchDirectory(files, unfinished, layers);
        const upper = { directory: hostPath(files, treePath(unfinished)), work: hostPath(files, workPath(unfinished)) };
        const lower = [...layers.map((id) => treePath(layerPath(id))), emptyPath].map((path) => hostPath(files, path));
        mounts.overlay({ name: unfinished.slice(1), upper, lower }, directory, { writable: true });
      });
      return directory;
    },
    openReadOnly() {
      mountTop(false);
      const committed = withStore(isThere);
      mounts.unmount(top);
      mounts.mount(committed ? request.root : request.new, directory, { writable: false });
      return directory;
    },
    commit() {
      mounts.unmount(directory);
      withStore((files) => {
        files.syncFilesystem();
        files.rename(unfinished, result);
        files.syncFilesystem();
      });
      mounts.unmount(top);
    },
    close: unmount,
    discard() {
      mountTop(true);
      withStore(deleteUnfinished);
      unmount();
    },
  };
}

/** Store and place of an object, which is named from the top of the filesystem. */
function inStore(object: string): { readonly store: string; readonly path: RootPath } {
  const end = object.lastIndexOf(`${volumesPath}/`);
  return { store: object.slice(0, Math.max(end, 0)), path: bytesOfText(object.slice(Math.max(end, 0))) };
}

function badImage(request: BootRequest, why: string): Failure {
  return new Failure({
    code: 'bad-image',
    kind: 'failed',
    message: `Cannot use ${displayLocation(request.new)} as the new image: ${why}`,
    advice: 'Name a tag of the store in migrate.new=object=PATH, from the top of the filesystem; see migrate entry',
  });
}
