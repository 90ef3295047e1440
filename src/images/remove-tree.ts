import { lockingFlags } from '../domain/entry.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** Removes all that lies below a directory, and keeps the directory. */
export function emptyDirectory(files: Files, directory: RootPath): void {
  for (const name of files.list(directory)) removeTree(files, childOf(directory, name));
}

/** Removes what stands at the path, with all below it. */
export function removeTree(files: Files, path: RootPath): void {
  const type = files.status(path)?.type;
  if (type === 'file' || type === 'directory') {
    const entry = files.entry(path);
    if (entry !== null && (entry.flags & lockingFlags) !== 0) files.setFlags(path, 0);
  }
  if (type === 'directory') {
    emptyDirectory(files, path);
    files.removeDirectory(path);
  } else files.unlink(path);
}
