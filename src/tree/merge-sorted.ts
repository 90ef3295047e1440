import type { ByteString } from '../domain/bytes.ts';

/** The union of two sorted lists, sorted, each name once. */
export function mergeSorted(a: readonly ByteString[], b: readonly ByteString[]): ByteString[] {
  const merged: ByteString[] = [];
  let left = 0;
  let right = 0;
  for (;;) {
    const x = a[left];
    const y = b[right];
    if (x === undefined && y === undefined) return merged;
    if (y === undefined || (x !== undefined && x <= y)) {
      if (x !== undefined) merged.push(x);
      left += 1;
      if (x === y) right += 1;
    } else {
      merged.push(y);
      right += 1;
    }
  }
}
