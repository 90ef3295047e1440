import type { ByteString } from '../../domain/bytes.ts';
import { displayBytes } from '../../domain/bytes.ts';
import { addCandidate, type CandidateScope } from '../../domain/candidates.ts';
import { Failure } from '../../domain/failure.ts';
import { parentOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { walkLayer } from './walk-layer.ts';

/** The records of overlayfs in a layer (Documentation/filesystems/overlayfs.rst). */
const overlay = {
  opaque: 'trusted.overlay.opaque',
  redirect: 'trusted.overlay.redirect',
  metacopy: 'trusted.overlay.metacopy',
  /** What a copy was made of, in the layer below. */
  origin: 'trusted.overlay.origin',
} as const;

/**
 * Adds every place at which a layer makes a difference to what lies below it. A layer holds what was created, changed or
 * removed in it, all of it, and the directories above; and copies that are equal after all (case 118). A file of several
 * names was copied under the one by which it was written to; the others are as they were. Throws Failure `foreign-layer`
 * where it says that something lies elsewhere.
 *
 * `onHiding` hears of what is no directory and, if the layer below has something there, hides it. It lies there too in
 * directories alone: what is no copy of one may stand where that has a link.
 */
export function addLayer(
  files: Files,
  tree: RootPath,
  candidates: Map<RootPath, CandidateScope>,
  onHiding: (path: RootPath) => void,
): void {
  const copied = new Set<RootPath>(['/']);
  for (const { path, place, type } of walkLayer(files, tree)) {
    const records = type === 'directory' || type === 'file' ? files.xattrNames(place) : [];
    refuseForeign(files, place, records);
    // What is no directory, a whiteout too, hides all that lies below it, also where a layer above has a directory.
    const isAll = type !== 'directory' || (records.includes(overlay.opaque) && isOpaque(files, place));
    addCandidate(candidates, path, isAll ? 'tree' : 'entry');
    if (!copied.has(parentOf(path))) continue;
    if (type !== 'directory') onHiding(path);
    else if (!isAll && records.includes(overlay.origin)) copied.add(path);
  }
}

function refuseForeign(files: Files, place: RootPath, records: readonly ByteString[]): void {
  if (records.includes(overlay.redirect)) throw foreign(files, place, overlay.redirect, 'a directory that was renamed');
  if (records.includes(overlay.metacopy)) throw foreign(files, place, overlay.metacopy, 'a file without its content');
}

/** `y`; `x` says only that whiteouts in it may be of another kind, which are files. */
function isOpaque(files: Files, directory: RootPath): boolean {
  return files.xattr(directory, overlay.opaque) === 'y';
}

/** We mount layers so that neither is made, nor followed: with them the layer is not what was changed. */
function foreign(files: Files, path: RootPath, record: ByteString, what: string): Failure {
  return new Failure({
    code: 'foreign-layer',
    kind: 'failed',
    message: `Cannot tell what a layer changes: ${displayBytes(`${files.root}${path}`)} is ${what} (${record})`,
    advice:
      'The layer was mounted by another program with redirect_dir or metacopy on; copy its content into a new branch',
  });
}
