import type { Subvolume } from '../../system/subvolume.ts';

/**
 * Whether one was made from the other, or both from a third: then they share what neither has changed, and comparing
 * them takes as long as the changes are many.
 */
export function isRelated(a: Subvolume, b: Subvolume): boolean {
  const ancestors = lineOf(a);
  return [...lineOf(b)].some((uuid) => ancestors.has(uuid));
}

/** The uuid of the subvolume and of all that it descends from, as far as they are still there, and one more. */
function lineOf(subvolume: Subvolume): ReadonlySet<string> {
  const line = new Set([subvolume.identity.uuid]);
  let parent = subvolume.identity.parentUuid;
  while (parent !== null && !line.has(parent)) {
    line.add(parent);
    parent = subvolume.identityOf(parent)?.parentUuid ?? null;
  }
  return line;
}
