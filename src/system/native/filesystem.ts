import { closeSync, constants, openSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import { native } from './libc.ts';
import { ioctlRequests } from './linux.ts';
import { checked, guarded } from './place.ts';

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

function onDirectory(path: ByteString, run: (descriptor: number) => void): void {
  const name = Buffer.from(path, 'latin1');
  const descriptor = guarded('open', path, () => openSync(name, constants.O_RDONLY | constants.O_DIRECTORY));
  try {
    run(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
