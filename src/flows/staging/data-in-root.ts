import type { DeclaredVolume } from '../../domain/declared-volume.ts';
import type { Timestamp } from '../../domain/entry.ts';
import { isBelow, type RootPath } from '../../domain/path.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { declaredMounts } from '../../tree/declared-mounts.ts';
import {
  type FoundChange,
  finishing,
  type Interest,
  startWalk,
  visit,
  visitAll,
  type Walk,
  type Walker,
} from '../../tree/walk-changes.ts';
import type { WrittenInRoot } from '../../versions/root-data-turned-back.ts';
import type { OnProgress } from '../progress.ts';
import { type Turn, type TurnTrees, withTreesOfTurn } from './trees-of-turn.ts';

/** Where data may lie, and what the two versions declare. */
export type DataPlaces = { readonly places: readonly RootPath[]; readonly volumes: readonly DeclaredVolume[] };

/**
 * Those of the places of data at which the root that is left has what the other version does not show there, neither in
 * its root nor in its volumes, and what is not as it was at its commit either; of the first version, in its image. Other
 * filesystems are not entered.
 */
export function dataWrittenInRoot(
  store: Store,
  turn: Turn,
  { places, volumes }: DataPlaces,
  onProgress: OnProgress,
): WrittenInRoot[] {
  if (places.length === 0) return [];
  const compare = comparing(onProgress);
  const found = withTreesOfTurn(store, turn, volumes, (trees) =>
    places.flatMap((place) => writtenAt(trees, place, compare) ?? []),
  );
  return found ?? [];
}

/** Null where nothing was. */
function writtenAt({ began, now, shown }: TurnTrees, place: RootPath, compare: Compare): WrittenInRoot | null {
  const unseen = compare(mountsOver(shown, place) ? (began ?? shown) : shown, now, (walker) => visitAll(walker, place));
  // The directory itself, which an image may lack, holds no data.
  const changes = unseen.changes.filter(({ path }) => isBelow(path, place));
  const since = began === null ? { changes, unreadable: [] } : compare(began, now, visiting(changes));
  const isAllRead = [unseen, since].every(({ unreadable }) => unreadable.length === 0);
  return since.changes.length === 0 && isAllRead ? null : { mountPoint: place, newest: newestOf(since.changes) };
}

/** Whether its own /etc/fstab hides anything of the place: what the root has below that it does not show. */
function mountsOver(files: Files, place: RootPath): boolean {
  return [...declaredMounts(files)].some((path) => path === place || isBelow(path, place) || isBelow(place, path));
}

/** Looks at these paths, and at nothing below them. */
function visiting(found: readonly FoundChange[]): (walker: Walker) => void {
  return (walker) => {
    for (const { path } of found) visit(walker, path, { contentIsEqual: false, inside: true });
  };
}

/** The time of a directory says when something in it was made or removed, and not when something was written. */
function newestOf(changes: readonly FoundChange[]): WrittenInRoot['newest'] {
  let newest: WrittenInRoot['newest'] = null;
  for (const { path, ours } of changes) {
    const at = ours === null || ours.type === 'directory' ? null : isoOf(ours.mtime);
    if (at !== null && (newest === null || at > newest.at)) newest = { path, at };
  }
  return newest;
}

/** Null for a time before 1970 or after 9999: that says nothing. */
function isoOf({ seconds }: Timestamp): string | null {
  return seconds >= 0 && seconds < yearTenThousand ? new Date(seconds * 1000).toISOString() : null;
}

/** Seconds since the epoch. */
const yearTenThousand = 253_402_300_800;

/** Compares two trees where `look` goes, and gives what was found. */
type Compare = (base: Files, ours: Files, look: (walker: Walker) => void) => Walk;

/**
 * Equal size and time are taken for equal content: it is asked whether anything was written, not what. Tells how many
 * entries all comparisons together have looked at.
 */
function comparing(onProgress: OnProgress): Compare {
  let before = 0;
  const interest: Interest = {
    isIgnored: () => true,
    isPinned: () => false,
    onProgress: (scanned) => onProgress({ phase: 'compare', done: before + scanned, total: null, unit: 'entries' }),
  };
  return (base, ours, look) => {
    const walker = startWalk(base, ours, interest, []);
    const walk = finishing(walker, () => look(walker));
    before += walk.scanned;
    return walk;
  };
}
