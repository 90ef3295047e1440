import type { ByteString } from '../../domain/bytes.ts';
import { errorCode } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import { partialEnding } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';

/**
 * Makes or replaces a small file that GRUB reads. GRUB replays no journal, and what a journal holds comes to its place in
 * any order: a power cut in between can leave a name that leads to an inode that is not there yet, or is not there any more,
 * and GRUB then reads an empty file. So the new file is in its place before it gets the name, and the old one keeps its
 * inode until the name is in its place. `checkpoint` brings everything there.
 */
export function replaceFile(files: Files, path: RootPath, content: ByteString, checkpoint: () => void): void {
  const partial: RootPath = `${path}${partialEnding}`;
  if (files.status(partial) !== null) {
    // Of a call that was cut off: on the disk the name may still lead to that inode.
    checkpoint();
    files.unlink(partial);
  }
  files.create(partial, content);
  files.sync(partial);
  checkpoint();
  const replaces = files.status(path) !== null;
  if (!replaces || !exchanged(files, partial, path)) files.rename(partial, path);
  checkpoint();
  if (files.status(partial) !== null) files.unlink(partial);
}

/** FAT knows no exchange before Linux 6.0 and, with no journal, no order either. */
function exchanged(files: Files, partial: RootPath, path: RootPath): boolean {
  try {
    files.exchange(partial, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EINVAL') return false;
    throw error;
  }
}
