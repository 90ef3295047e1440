import { type Place, samePlace } from '../domain/volume.ts';
import { releaseObject } from '../store/hold.ts';
import { objectAt } from '../store/ledger-state.ts';
import { removeObject } from '../store/remove-object.ts';
import type { Store } from '../store/store.ts';
import { holdOf, objectsOf } from './objects-of-versions.ts';
import type { GoingVersion, PruningPlan } from './plan-pruning.ts';
import { removeVersion, writeVersion } from './records.ts';
import { type LeftOver, removeInRounds } from './remove-in-rounds.ts';

/** What was removed, and what the storage refused to remove. */
export type Pruned = { readonly removed: readonly Place[]; readonly refused: readonly LeftOver[] };

/**
 * Removes the versions of the plan. Interrupted at any point, the next one goes on: a record says that its removal has
 * begun before anything of it goes, and itself goes last. What the storage refuses keeps its version's record.
 */
export function prune(store: Store, { going }: PruningPlan): Pruned {
  for (const { version } of going) writeVersion(store.files, { ...version, removing: true });
  const places = placesOf(going);
  const refused = removeInRounds(places, (place) => removeOne(store, place, going));
  const removed = places.filter((place) => !refused.some((each) => samePlace(each.place, place)));
  for (const each of going) {
    const isWhole = each.places.every((place) => removed.some((other) => samePlace(other, place)));
    if (!isWhole) continue;
    for (const place of objectsOf(each.version)) release(store, place, [each]);
    removeVersion(store.files, each.version.id);
  }
  return { removed, refused };
}

function removeOne(store: Store, place: Place, going: readonly GoingVersion[]): void {
  release(store, place, going);
  const object = objectAt(store.state, place)?.record;
  if (object !== undefined) removeObject(store, object);
}

/** Takes away what holds of these versions an object has. */
function release(store: Store, place: Place, versions: readonly GoingVersion[]): void {
  for (const { version } of versions) {
    const object = objectAt(store.state, place)?.record;
    const hold = holdOf(version.id);
    if (object?.holds.includes(hold) === true) releaseObject(store, object, hold);
  }
}

/** All that goes with the versions, each place once. */
export function placesOf(going: readonly GoingVersion[]): Place[] {
  const places = going.flatMap((each) => each.places);
  return places.filter((place, index) => places.findIndex((other) => samePlace(other, place)) === index);
}
