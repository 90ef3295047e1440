import { type Entry, lockingFlags, sameTimestamp } from '../../domain/entry.ts';
import { sameEntry } from '../../domain/identity.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { type LayerId, layerPath, treePath, workPath, writeLayers } from './layers.ts';

/** Makes the directory of a branch over layers, without changes of its own; it looks as the topmost layer does. */
export function makeBranchDirectory(files: Files, path: RootPath, layers: readonly LayerId[]): void {
  const [topmost] = layers;
  makeBranchLike(files, path, layers, topmost === undefined ? null : treePath(layerPath(topmost)));
}

/** The same, with the attributes of a directory for those of its root: overlayfs shows those of the upper directory. */
export function makeBranchLike(files: Files, path: RootPath, layers: readonly LayerId[], like: RootPath | null): void {
  files.makeDirectory(path);
  writeLayers(files, path, layers);
  files.makeDirectory(workPath(path));
  files.makeDirectory(treePath(path));
  const model = like === null ? null : files.entry(like);
  if (model === null) files.setMode(treePath(path), 0o755);
  else copyAttributes(files, treePath(path), model);
}

/** Owner first, as setting it clears the rest; the time last. */
export function copyAttributes(files: Files, path: RootPath, { uid, gid, mode, xattrs, flags, mtime }: Entry): void {
  files.setOwner(path, uid, gid);
  files.setMode(path, mode);
  for (const { name, value } of xattrs) files.setXattr(path, name, value);
  // A locked directory could not be mounted as an upper one.
  const settable = flags & ~lockingFlags;
  if (settable !== 0) files.setFlags(path, settable);
  files.setModified(path, mtime);
}

/** Whether a branch shows just what its topmost layer shows. */
export function isUnchanged(files: Files, path: RootPath, layers: readonly LayerId[]): boolean {
  const [topmost] = layers;
  if (topmost === undefined || files.list(treePath(path)).length > 0) return false;
  const [own, below] = [files.entry(treePath(path)), files.entry(treePath(layerPath(topmost)))];
  if (own === null || below === null) return false;
  return sameEntry(own, below, true) && sameTimestamp(own.mtime, below.mtime);
}
