import { type Origin, originOf } from './origin.ts';
import type { ObjectRecord, Uuid } from './volume.ts';

/** Branches and tags of a volume, those too that are no more, as far as they are remembered. */
export type Records = ReadonlyMap<Uuid, ObjectRecord>;

/**
 * The branch that a tag was made of in this store; null where it was made of none. `from` is a tag, and not the branch that
 * the branch may have been made from: only tags are known to other stores.
 */
export function localOrigin(source: Uuid, tag: ObjectRecord, records: Records): Origin | null {
  const of = tag.from === null ? undefined : records.get(tag.from);
  if (of?.kind !== 'branch') return null;
  return { branch: of.name, branchUuid: of.uuid, order: tag.order, from: tagBefore(of, records), source };
}

/** The last tag that a branch has in it from before it was made. */
function tagBefore(branch: ObjectRecord, records: Records): Uuid | null {
  const seen = new Set<Uuid>();
  let made = branch;
  while (made.from !== null && !seen.has(made.uuid)) {
    seen.add(made.uuid);
    const of = records.get(made.from);
    if (of === undefined) return null;
    if (of.kind === 'tag') return of.uuid;
    const last = lastTagOf(of.uuid, made.order, records);
    if (last !== null) return last;
    made = of;
  }
  return null;
}

/** The last tag that was made of a branch before something else was made. */
function lastTagOf(branch: Uuid, before: number, records: Records): Uuid | null {
  const tags = [...records.values()].filter((one) => isTagOf(one, branch) && one.order < before);
  return tags.sort((a, b) => b.order - a.order)[0]?.uuid ?? null;
}

function isTagOf(one: ObjectRecord, branch: Uuid): boolean {
  return one.kind === 'tag' && one.from === branch && originOf(one) === null;
}
