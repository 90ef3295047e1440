import type { BusyTrees } from '../apply/busy-trees.ts';
import { seededRandom } from '../merge/text/random.ts';
import { plainNode } from '../property/attributes.ts';

export const mebibyte: number = 2 ** 20;

/** Trees of which ours has `/large`, a file of so many mebibytes, and `/small`. */
export function largeTrees(mebibytes: number): BusyTrees {
  const random = seededRandom(8);
  const base = plainNode(random, 'directory', '');
  const [ours, theirs] = [structuredClone(base), structuredClone(base)];
  ours.children.set('large', plainNode(random, 'file', 'm'.repeat(mebibytes * mebibyte)));
  ours.children.set('small', plainNode(random, 'file', 'small'));
  return { base, ours, theirs };
}
