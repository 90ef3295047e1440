import { reinstallNote, stateFolder } from '../apply/run-folder.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { InstalledPackage } from '../packages/package-database.ts';
import type { Files } from '../system/files.ts';

const note: RootPath = childOf(stateFolder, reinstallNote);

/** Packages that an earlier migration was to install again and that have not come yet. */
export function pendingPackages(ours: Files): InstalledPackage[] {
  if (ours.status(note)?.type !== 'file') return [];
  const names = ours.read(note).split('\n');
  return names
    .filter((name) => name !== '')
    .map((name) => ({ name, version: '', byHand: true, needs: [], provides: [name] }));
}
