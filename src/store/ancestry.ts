import type { ObjectRecord, Uuid } from '../domain/volume.ts';
import type { LedgerState } from './ledger-state.ts';

/** A branch or tag in a line of descent. */
export type Ancestor = {
  readonly object: ObjectRecord;
  /** Whether it is no more; the ledger remembers it until it is made anew. */
  readonly removed: boolean;
};

export type Ancestry = {
  /** The object itself, what it was made from, and so on. */
  readonly line: readonly Ancestor[];
  /** What the last of them was made from, where the ledger does not know it; null where that started empty. */
  readonly unknown: Uuid | null;
};

/** What an object was made from, as far as the ledger goes back. */
export function ancestryOf({ objects, removed }: LedgerState, object: ObjectRecord): Ancestry {
  const line: Ancestor[] = [];
  const seen = new Set<Uuid>();
  let next: ObjectRecord | undefined = object;
  while (next !== undefined && !seen.has(next.uuid)) {
    line.push({ object: next, removed: !objects.has(next.uuid) });
    seen.add(next.uuid);
    const { from }: ObjectRecord = next;
    if (from === null) return { line, unknown: null };
    next = objects.get(from)?.record ?? removed.get(from);
    if (next === undefined) return { line, unknown: from };
  }
  return { line, unknown: null };
}
