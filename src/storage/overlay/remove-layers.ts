import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { usersOfLayers } from './layer-users.ts';
import { isLayerId, layerPath, layersPath } from './layers.ts';
import { unlockFiles } from './locked-files.ts';

/**
 * Removes the layers that no object names any more, those that were left unfinished among them; none at all where an
 * object cannot tell which it names.
 */
export function removeUnusedLayers(system: System, files: Files): void {
  const used = usersOfLayers(files);
  if (used === null || files.status(layersPath) === null) return;
  for (const id of files.list(layersPath)) {
    if (isLayerId(id) && !used.has(id)) removeTree(system, files, layerPath(id));
  }
}

/** Removes a directory of the store with all in it, but nothing that is mounted there. */
export function removeTree(system: System, files: Files, path: RootPath): void {
  try {
    remove(system, files, path);
  } catch (error) {
    if (!(error instanceof Failure) || files.status(path)?.type !== 'directory') throw error;
    unlockFiles(files, path);
    remove(system, files, path);
  }
}

function remove({ commands }: System, files: Files, path: RootPath): void {
  commands.run('rm', ['-rf', '--one-file-system', '--', textOrBytes(childOf(files.root, path.slice(1)))]);
}
