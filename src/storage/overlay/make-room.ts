import { displayBytes } from '../../domain/bytes.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { displayPlace } from '../object-places.ts';
import { joinLayers, mountedUser, type Run, requireRunJoinable, runsIn } from './join-layers.ts';
import { usersOfLayers } from './layer-users.ts';
import { crowded, deepest, type LayerId } from './layers.ts';
import { stackOf } from './stack.ts';

/** With fewer layers than this to save, one that holds much would be made anew too often. */
const worthwhile = 8;

/**
 * The layers of a branch that is not mounted, once there is room for one more: where many lie on each other, those that no
 * object tells apart any more are joined. Throws Failure `too-deep`, and `busy` where only a mount is in the way.
 */
export function makeRoom(system: System, files: Files, place: Place, layers: readonly LayerId[]): readonly LayerId[] {
  if (layers.length < crowded) return layers;
  const runs = runsIn(files, layers);
  const left = layers.length < deepest && saved(runs) < worthwhile ? layers : joinIfPossible(system, files, place);
  if (left.length < deepest) return left;
  const mounted = runs.map((run) => mountedUser(system, files, run)).find((user) => user !== null);
  throw mounted === undefined ? neededByOthers(files, place, layers) : whileMounted(place, mounted);
}

/** Why there is no room for one more layer, and would be none if nothing was mounted; null where there is. */
export function roomProblem(files: Files, place: Place, layers: readonly LayerId[]): Failure | null {
  if (layers.length < deepest) return null;
  // The lowest is joined first, and leaves room.
  const run = runsIn(files, layers).at(-1);
  if (run === undefined) return neededByOthers(files, place, layers);
  try {
    requireRunJoinable(files, run);
    return null;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return error;
  }
}

function saved(runs: readonly Run[]): number {
  return runs.reduce((sum, { layers }) => sum + layers.length - 1, 0);
}

/** Where there is room all the same, nothing depends on it: what could not be joined, as when the disk is full, is left as it is. */
function joinIfPossible(system: System, files: Files, place: Place): readonly LayerId[] {
  try {
    return joinLayers(system, files, place);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    // Some may have been joined before it failed, and those are gone.
    const left = stackOf(files, place).layers;
    if (left.length >= deepest) throw error;
    return left;
  }
}

/** How many of those that keep layers apart are named. */
const named = 8;

function neededByOthers(files: Files, place: Place, layers: readonly LayerId[]): Failure {
  const users = usersOfLayers(files);
  // An object stands where the topmost layer is that it names too: the oldest are told first.
  const others = new Set(layers.flatMap((id) => (users?.get(id) ?? []).map((user) => displayPlace(user.place))));
  others.delete(displayPlace(place));
  const names = [...others].reverse();
  const more = names.length > named ? ` and ${names.length - named} more` : '';
  return new Failure({
    code: 'too-deep',
    kind: 'failed',
    message: `Cannot take the content of ${displayPlace(place)}: it lies on ${layers.length} layers, which are kept apart by ${names.slice(0, named).join(', ')}${more}`,
    advice: 'Remove tags and branches that nobody needs (migrate volume destroy, migrate volume gc --keep-last)',
  });
}

function whileMounted(place: Place, mounted: NonNullable<ReturnType<typeof mountedUser>>): Failure {
  return new Failure({
    code: 'busy',
    kind: 'failed',
    message: `Cannot take the content of ${displayPlace(place)}: it lies on ${deepest} layers, which cannot be joined while ${displayPlace(mounted.place)} is mounted at ${displayBytes(mounted.directory)}`,
    advice: 'Unmount that first',
  });
}
