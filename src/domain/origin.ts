import type { ObjectRecord, Uuid } from './volume.ts';
import { isUuid } from './volume-json.ts';

/**
 * Where a tag that was received comes from: the branch that it was made of, in the store that it was made in. It stays
 * the same from store to store.
 */
export type Origin = {
  /** The name of the branch there. */
  readonly branch: string;
  readonly branchUuid: Uuid;
  /** The tag's own order there. */
  readonly order: number;
  /** What that branch started with; null where it started empty. */
  readonly from: Uuid | null;
  /** The instance of the store. */
  readonly source: Uuid;
};

/** What tells one remote branch from all others of a volume. */
export type RemoteBranch = Pick<Origin, 'branch' | 'source'>;

/** The origin as notes of a tag, by which it is found again. */
export function notesOfOrigin({ branch, branchUuid, order, from, source }: Origin): ObjectRecord['notes'] {
  const known = from === null ? {} : { sourceFrom: from };
  return { branch, branchUuid, sourceOrder: String(order), ...known, source };
}

/** Where a tag comes from; null for one that was made in this store. */
export function originOf({ notes }: Pick<ObjectRecord, 'notes'>): Origin | null {
  const { branch, branchUuid, sourceOrder = '', sourceFrom = null, source } = notes;
  if (branch === undefined || !isUuid(branchUuid) || !isUuid(source) || !/^[1-9][0-9]{0,14}$/.test(sourceOrder))
    return null;
  if (sourceFrom !== null && !isUuid(sourceFrom)) return null;
  return { branch, branchUuid, order: Number(sourceOrder), from: sourceFrom, source };
}

/** The last tag of a remote branch, in the receiver's own order; null where none was received yet. */
export function remoteHead(objects: Iterable<ObjectRecord>, { branch, source }: RemoteBranch): ObjectRecord | null {
  let head: ObjectRecord | null = null;
  for (const object of objects) {
    const origin = object.kind === 'tag' ? originOf(object) : null;
    if (origin === null || origin.branch !== branch || origin.source !== source) continue;
    if (head === null || object.order > head.order) head = object;
  }
  return head;
}
