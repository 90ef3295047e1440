import { afterwards } from '../../../domain/afterwards.ts';
import { isBelow, nameOf, type RootPath } from '../../../domain/path.ts';
import type { Place } from '../../../domain/volume.ts';
import type { Store } from '../../../store/store.ts';
import type { Files, Status } from '../../../system/files.ts';
import { readLoaderRecord } from '../../loader/loader-record.ts';
import { loaderDirectoryIn } from './loader-directory.ts';
import { removeBelow } from './remove-below.ts';

/** What GRUB's own programs write there, which the loader that starts the machine may be. */
const ofGrub: readonly RootPath[] = ['/boot/grub', '/boot/grub2'];

/** An initramfs as Debian, Fedora and kernel-install name it; it may have keys of the disks and of the network in it. */
const initramfsName = /^(initrd|initramfs)/;

/**
 * Empties the root that was there before the store: the filesystem around it. The directory of the loader stays, and `/boot`:
 * the loader may read it, and starts nothing without. Of that an initramfs goes where the loader is known: all that the version
 * starts by is in the loader's own directory. Throws Failure `not-removed`, and what `loaderDirectoryIn` does.
 */
export function emptyFilesystem(store: Store, place: Place, onEntry: () => void): void {
  store.backend.withContent(place, { writable: true }, (directory) => {
    const root = store.system.openRoot(store.system.directory(directory));
    afterwards(
      () => removeBelow(root, '/', { onEntry, stays: whatStays(store, root) }),
      () => root.close(),
    );
  });
}

function whatStays(store: Store, root: Files): (path: RootPath, status: Status) => boolean {
  const own = store.files.status('/')?.inode;
  const isKnown = readLoaderRecord(store.files) !== null;
  const kept: readonly (RootPath | null)[] = ['/lost+found', loaderDirectoryIn(store, root)];
  return (path, { type, inode }) => {
    if (kept.includes(path) || (inode.device === own?.device && inode.number === own.number)) return true;
    if (path !== '/boot' && !isBelow(path, '/boot')) return false;
    if (!isKnown || ofGrub.includes(path)) return true;
    return type !== 'directory' && !initramfsName.test(nameOf(path));
  };
}
