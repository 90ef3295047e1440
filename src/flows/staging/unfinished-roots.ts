import { isUnfinishedRoot } from '../../domain/unfinished-root.ts';
import type { Place } from '../../domain/volume.ts';
import type { Store } from '../../store/store.ts';

/**
 * Roots that a boot was making when it was cut off. Nothing needs one: no version starts from it, and a boot that makes
 * the same version again begins anew.
 */
export function unfinishedRoots({ backend }: Store): Place[] {
  return backend.list().flatMap(({ place, sidecar }) => (sidecar === null && isUnfinishedRoot(place) ? [place] : []));
}
