import type { Uuid } from '../domain/volume.ts';
import type { TravellingTag } from './travelling-tag.ts';

/**
 * The ancestors of a tag, the nearest first: the tags of the same branch that were made before it, then those of what the
 * branch was made from, and so on, as far as they are among the given ones.
 */
export function ancestorsOf(tag: TravellingTag, tags: readonly TravellingTag[]): TravellingTag[] {
  const found: TravellingTag[] = [];
  const seen = new Set<Uuid>([tag.uuid]);
  let here = tag;
  while (true) {
    const before = tags.filter((one) => isBefore(one, here) && !seen.has(one.uuid)).sort(laterFirst);
    const next = tags.find(({ uuid }) => uuid === here.from && !seen.has(uuid));
    const met = next === undefined ? before : [...before, next];
    for (const { uuid } of met) seen.add(uuid);
    found.push(...met);
    if (next === undefined) return found;
    here = next;
  }
}

function isBefore({ origin }: TravellingTag, { origin: later }: TravellingTag): boolean {
  if (origin === null || later === null) return false;
  return origin.branchUuid === later.branchUuid && origin.source === later.source && origin.order < later.order;
}

function laterFirst(a: TravellingTag, b: TravellingTag): number {
  return (b.origin?.order ?? 0) - (a.origin?.order ?? 0);
}
