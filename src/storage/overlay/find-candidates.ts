import { addCandidate, type CandidateScope } from '../../domain/candidates.ts';
import { parentOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import { isOpaque, overlayRecords, refuseForeign } from './layer-records.ts';
import { walkLayer } from './walk-layer.ts';

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
    const isAll = type !== 'directory' || (records.includes(overlayRecords.opaque) && isOpaque(files, place));
    addCandidate(candidates, path, isAll ? 'tree' : 'entry');
    if (!copied.has(parentOf(path))) continue;
    if (type !== 'directory') onHiding(path);
    else if (!isAll && records.includes(overlayRecords.origin)) copied.add(path);
  }
}
