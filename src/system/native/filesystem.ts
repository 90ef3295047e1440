import { closeSync, constants, openSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import { isUnsupported } from '../../domain/failure.ts';
import { native } from './libc.ts';
import { ioctlRequests } from './linux.ts';
import { callError, checked, guarded } from './place.ts';

/** syncfs of the filesystem that holds the open file or directory (not one opened with O_PATH). */
export function syncFilesystemOf(descriptor: number, path: ByteString): void {
  checked(native().libc.syncfs(descriptor), 'syncfs', path);
}

/** FIFREEZE: everything is on disk in its final place, journal included, and writers wait. */
export function freezeFilesystem(mountpoint: ByteString): void {
  onDirectory(mountpoint, (descriptor) => {
    checked(native().libc.ioctlNumber(descriptor, ioctlRequests.freeze, 0), 'ioctl(FIFREEZE)', mountpoint);
  });
}

/** FITHAW: writers go on. */
export function thawFilesystem(mountpoint: ByteString): void {
  onDirectory(mountpoint, (descriptor) => {
    checked(native().libc.ioctlNumber(descriptor, ioctlRequests.thaw, 0), 'ioctl(FITHAW)', mountpoint);
  });
}

/** Everything in its final place: what a journal holds, only a freeze brings there; FAT has none, and no freeze either. */
export function checkpoint(directory: ByteString): void {
  onDirectory(directory, (descriptor) => syncFilesystemOf(descriptor, directory));
  try {
    freezeFilesystem(directory);
  } catch (error) {
    if (isUnsupported(error)) return;
    throw error;
  }
  thawFilesystem(directory);
}

/** POSIX_FADV_DONTNEED (linux/fadvise.h): the next read of the open file goes to the disk, but for what is not written yet. */
export function dropFromMemory(descriptor: number, path: ByteString): void {
  const { libc, errorName } = native();
  // The one call here that returns its error instead of setting errno.
  const error = libc.posix_fadvise(descriptor, 0, 0, dontNeed);
  if (error !== 0) throw callError(errorName(error), 'posix_fadvise', path);
}

const dontNeed = 4;

function onDirectory(path: ByteString, run: (descriptor: number) => void): void {
  const name = Buffer.from(path, 'latin1');
  const descriptor = guarded('open', path, () => openSync(name, constants.O_RDONLY | constants.O_DIRECTORY));
  try {
    run(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
