import { Failure, SystemCallError } from '../domain/failure.ts';
import type { Place } from '../domain/volume.ts';

/** What could not be removed, and why. */
export type LeftOver = { readonly place: Place; readonly why: string };

/**
 * Removes objects of which some may rest on others, in an order that only the storage knows: what is refused is tried
 * again when others are gone, until no more can go. `remove` throws Failure for what it refuses, or the kernel's error for what it cannot remove.
 */
export function removeInRounds(places: readonly Place[], remove: (place: Place) => void): LeftOver[] {
  const left: LeftOver[] = [];
  for (const place of places) {
    const why = refusalOf(() => remove(place));
    if (why !== null) left.push({ place, why });
  }
  if (left.length === 0 || left.length === places.length) return left;
  return removeInRounds(
    left.map(({ place }) => place),
    remove,
  );
}

function refusalOf(remove: () => void): string | null {
  try {
    remove();
    return null;
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return error.message;
  }
}
