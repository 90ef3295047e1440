import { sameOwners } from '../../domain/owners.ts';
import { ancestorsOf, childOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { copyPath } from './copy-path.ts';
import { type OnRestoreProgress, Tally } from './tally.ts';

/** What was replaced is kept here: no program takes its settings from there, as from what lies beside them. */
export const keptFolder: RootPath = '/var/lib/migrate/replaced';

/** Copies what is to be replaced, below a new number and under its own path; gives where it lies now. */
export function keepReplaced(
  files: Files,
  path: RootPath,
  onProgress: OnRestoreProgress,
): { readonly path: RootPath; readonly notes: readonly string[] } {
  makeDirectories(files, keptFolder);
  const kept = `${childOf(keptFolder, String(nextNumber(files)))}${path}`;
  makeDirectories(files, parentOf(kept));
  const { onEntry, onBytes } = new Tally('keep', onProgress);
  const { notes } = copyPath({ files, path }, { files, path: kept }, { owners: sameOwners, onEntry, onBytes });
  return { path: kept, notes };
}

function nextNumber(files: Files): number {
  return Math.max(0, ...files.list(keptFolder).map(Number).filter(Number.isSafeInteger)) + 1;
}

/** Those that are missing, for root alone. */
function makeDirectories(files: Files, directory: RootPath): void {
  for (const path of [...ancestorsOf(directory), directory]) {
    if (files.status(path) === null) files.makeDirectory(path);
  }
}
