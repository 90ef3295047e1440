import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { marksAmong } from '../../domain/layer-marks.ts';
import { parentOf, type RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import { unlessGone } from '../../files/unless-gone.ts';
import type { Files, NamedInode } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { busyObject, displayPlace, makeDirectories, objectPath } from '../object-places.ts';
import { isUnchanged, makeBranchLike } from './branch-directory.ts';
import { type LayerId, layerPath, layersPath, treePath } from './layers.ts';
import { lockFiles } from './locked-files.ts';
import { makeRoom, roomProblem } from './make-room.ts';
import { mountsOfObject } from './mounted-objects.ts';
import { looksOf, type Stack, stackOf } from './stack.ts';
import { walkLayer } from './walk-layer.ts';

/**
 * Turns a branch's own changes into a layer below it, and returns the layers that then are what the branch holds. The
 * branch looks the same before and after: a directory like it, without changes and over the new layer, is made under the
 * layer's name, and the two change names at once. Durable when it returns. Throws Failure `busy`, `holds-layers`, `too-deep`.
 */
export function freezeBranch(system: System, files: Files, place: Place, { layers }: Stack): readonly LayerId[] {
  const path = objectPath(place);
  refuseMounted(system, files, place);
  if (isUnchanged(files, path, layers)) return layers;
  const foreign = layers.length === 0 ? partOfLayer(files, place) : null;
  if (foreign !== null) throw foreign;
  const id = system.readFile('/proc/sys/kernel/random/uuid').trim().replaceAll('-', '');
  const frozen = [id, ...makeRoom(system, files, place, layers)];
  makeDirectories(files, layersPath);
  makeBranchLike(files, layerPath(id), frozen, treePath(path));
  lockFiles(files, treePath(path));
  // What the branch holds, and what is to take its place, before either gets its name.
  files.syncFilesystem();
  files.exchange(layerPath(id), path);
  for (const directory of [layersPath, parentOf(path)]) files.sync(directory);
  return frozen;
}

/** What is mounted would go on changing the layer: at the latest when somebody makes the mount writable. */
function refuseMounted(system: System, files: Files, place: Place): void {
  const [mounted] = mountsOfObject(system, looksOf(system, files, place));
  if (mounted !== undefined) throw busyObject('take the content of', place, mounted.mount.directory);
}

/** Why a branch that was changed could not be frozen though nothing was mounted; null where it could. */
export function freezeProblem(files: Files, place: Place): Failure | null {
  const { layers } = stackOf(files, place);
  return layers.length === 0 ? partOfLayer(files, place) : roomProblem(files, place, layers);
}

/**
 * What lies on no layers may have been written to without overlayfs, which makes no whiteouts and marks itself then:
 * another's, such as those of containers, would be gone once what holds them is a layer. A branch that is asked about
 * before the boot is in use: what goes meanwhile is not in it.
 */
function partOfLayer(files: Files, place: Place): Failure | null {
  const listed = (at: RootPath): NamedInode[] => unlessGone(() => files.listInodes(at), []);
  for (const { path, place: at, type } of walkLayer(files, treePath(objectPath(place)), listed)) {
    const names = type === 'file' || type === 'directory' ? unlessGone(() => files.xattrNames(at), []) : [];
    const [mark] = marksAmong(names);
    if (type !== 'whiteout' && mark === undefined) continue;
    const what = mark === undefined ? 'is a whiteout of an overlay' : `is marked ${mark}, as in an overlay`;
    return new Failure({
      code: 'holds-layers',
      kind: 'failed',
      message: `Cannot take the content of ${displayPlace(place)}: ${displayBytes(path)} in it ${what}`,
      advice: 'Keep the layers of containers in a volume that is not tagged or branched',
    });
  }
  return null;
}
