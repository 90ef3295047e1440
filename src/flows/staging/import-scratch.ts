import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { removeBelow } from '../reset/total/remove-below.ts';

/** Where imports keep what they read more than once, such as a copy of a squashfs that is mounted: in the store, which has the room. */
const scratch: RootPath = '/unpacking';

/** Makes the directory where it is missing, and gives its path on this machine. Nothing else is in it than what imports put there. */
export function makeScratch({ files }: Store): string {
  if (files.status(scratch) === null) files.makeDirectory(scratch);
  return textOrBytes(pathOf(files));
}

export function pathOf(files: Files): ByteString {
  return `${files.root}${scratch}`;
}

/** Whether anything is in it. */
export function isInScratch({ files }: Store): boolean {
  return files.status(scratch)?.type === 'directory' && files.list(scratch).length > 0;
}

/**
 * Removes what is in it: the caller holds the lock of imports, so whoever put it there is no more. A filesystem that was
 * mounted in it is unmounted first.
 */
export function emptyScratch(store: Store): void {
  if (!isInScratch(store)) return;
  const { files, system } = store;
  const mount = files.status(scratch)?.mountId;
  for (const directory of files.list(scratch).map((name) => childOf(scratch, name))) {
    if (files.status(directory)?.type !== 'directory') continue;
    for (const path of files.list(directory).map((name) => childOf(directory, name))) {
      if (files.status(path)?.mountId !== mount) system.mounts.unmount(textOrBytes(`${files.root}${path}`));
    }
  }
  removeBelow(files, scratch, { stays: () => false, onEntry: () => undefined });
}
