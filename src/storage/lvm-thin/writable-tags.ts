import type { Place } from '../../domain/volume.ts';
import type { PoolOfStore, PoolState } from './thin-pool.ts';

/** Tags that can be written to (`lvchange --permission rw`), and what takes that back. */
export function writableTags(
  { group }: PoolOfStore,
  { volumes }: PoolState,
): { readonly place: Place; readonly remedy: string }[] {
  return volumes
    .filter(({ place, isWritable }) => place.kind === 'tag' && isWritable)
    .map(({ place, name }) => ({ place, remedy: `lvchange --permission r ${group}/${name}` }));
}
