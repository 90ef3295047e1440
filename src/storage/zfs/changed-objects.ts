import type { Commands } from '../../system/commands.ts';
import { StreamRecords, streamFailure } from './stream-records.ts';

/**
 * The numbers of the objects, which are those of inodes, that may differ between each pair of snapshots, the first of which the second descends from: those that the
 * stream between them says anything of. It tells of all that has changed in any way, flags and attributes too, and of
 * some beside it that have not. Contents that were changed are read from the pool, and not kept.
 */
export function changedObjects(
  { pieces }: Commands,
  pairs: readonly (readonly [from: string, to: string])[],
): ReadonlySet<number> {
  const touched = new Set<number>();
  for (const [from, to] of pairs) {
    const records = new StreamRecords();
    // As the pool has them: large blocks whole, and what is packed or embedded as it is.
    for (const piece of pieces('zfs', ['send', '-L', '-e', '-c', '-i', from, to])) {
      for (const object of records.read(piece)) touched.add(object);
    }
    if (!records.isWhole) throw streamFailure(`it ends early, from ${from} to ${to}`);
  }
  return touched;
}
