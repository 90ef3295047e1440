import { localOrigin } from '../domain/local-origin.ts';
import { type Origin, originOf } from '../domain/origin.ts';
import type { ObjectRecord } from '../domain/volume.ts';
import type { LedgerState } from './ledger-state.ts';

/**
 * Where a tag comes from, also one that was made in this store: the branch that it was made of, be that removed meanwhile.
 * Null where it was made of none, or the ledger does not know it. A tag of a tag has none: by its number it would pass for
 * later than what the branch holds.
 */
export function originOfTag(state: LedgerState, tag: ObjectRecord): Origin | null {
  const known = originOf(tag);
  if (known !== null) return known;
  const records = [...state.removed.values(), ...state.objects.values().map(({ record }) => record)];
  return localOrigin(state.identity.instance, tag, new Map(records.map((record) => [record.uuid, record])));
}
