import { lockingFlags } from '../../../domain/entry.ts';
import { childOf, type RootPath } from '../../../domain/path.ts';
import type { Files, Status } from '../../../system/files.ts';

/** What is not to be removed, and who hears that the work goes on. */
export type RemoveOptions = {
  readonly stays: (path: RootPath, status: Status) => boolean;
  readonly onEntry: () => void;
};

/**
 * Removes what a directory holds, but not the directory, and nothing that is mounted in it. Interrupted, it can be done
 * again.
 */
export function removeBelow(files: Files, directory: RootPath, { stays, onEntry }: RemoveOptions): void {
  const mount = files.status(directory)?.mountId;
  for (const name of files.list(directory)) {
    const path = childOf(directory, name);
    const status = files.status(path);
    if (status === null || status.mountId !== mount || stays(path, status)) continue;
    onEntry();
    unlock(files, path, status);
    if (status.type !== 'directory') files.unlink(path);
    else {
      removeBelow(files, path, { stays, onEntry });
      if (files.list(path).length === 0) files.removeDirectory(path);
    }
  }
}

/** What chattr(1) has made immutable goes as well. */
function unlock(files: Files, path: RootPath, { type }: Status): void {
  if (type !== 'file' && type !== 'directory') return;
  const flags = files.entry(path)?.flags ?? 0;
  if ((flags & lockingFlags) !== 0) files.setFlags(path, flags & ~lockingFlags);
}
