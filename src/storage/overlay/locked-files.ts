import { inodeFlags, lockingFlags } from '../../domain/entry.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { type InLayer, walkLayer } from './walk-layer.ts';

/** Where overlayfs keeps the flags that would lock it out of its own upper directory (fs/overlayfs/util.c): `i`, `a`. */
const protectedAttributes = 'trusted.overlay.protattr';

/**
 * Sets on the files of a layer the flags that overlayfs has kept in an attribute: it looks at that in an upper directory
 * only, and what was immutable in a branch is to be so in its tags.
 */
export function lockFiles(files: Files, tree: RootPath): void {
  for (const { place } of filesWithFlags(files, tree)) {
    const kept = files.xattr(place, protectedAttributes) ?? '';
    const flags = (kept.includes('i') ? inodeFlags.immutable : 0) | (kept.includes('a') ? inodeFlags.appendOnly : 0);
    if (flags !== 0) files.setFlags(place, (files.entry(place)?.flags ?? 0) | flags);
  }
}

/** Takes these flags off again, so that the layer can be removed. */
export function unlockFiles(files: Files, tree: RootPath): void {
  for (const { place } of filesWithFlags(files, tree)) {
    const flags = files.entry(place)?.flags ?? 0;
    if ((flags & lockingFlags) !== 0) files.setFlags(place, flags & ~lockingFlags);
  }
}

/** All but the root, which is never locked: a locked upper directory cannot be mounted. */
function filesWithFlags(files: Files, tree: RootPath): Iterable<InLayer> {
  return walkLayer(files, tree).filter(({ path, type }) => path !== '/' && (type === 'file' || type === 'directory'));
}
