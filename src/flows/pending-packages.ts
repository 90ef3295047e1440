import { reinstallNote, stateFolder } from '../apply/run-folder.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { InstalledPackage } from '../packages/package-database.ts';
import type { Files } from '../system/files.ts';

/** What is still to be installed, and what `reinstall-packages` has given up. */
const notes: readonly RootPath[] = [reinstallNote, `${reinstallNote}-failed`].map((name) => childOf(stateFolder, name));

/** Packages that an earlier migration was to install again and that have not come. */
export function pendingPackages(ours: Files): InstalledPackage[] {
  const names = notes.flatMap((note) => (ours.status(note)?.type === 'file' ? ours.read(note).split('\n') : []));
  return [...new Set(names)]
    .filter((name) => name !== '')
    .map((name) => ({ name, version: '', byHand: true, needs: [], provides: [name] }));
}
