import { localOrigin } from '../domain/local-origin.ts';
import { type Origin, originOf } from '../domain/origin.ts';
import type { ObjectRecord, Uuid } from '../domain/volume.ts';

/** A tag as it is the same in every store that it is in. */
export type TravellingTag = {
  readonly uuid: Uuid;
  readonly name: string;
  /** The branch that it was made of, wherever that was; null for one that was made of none, such as an image. */
  readonly origin: Origin | null;
  /** The tag that it goes back to before all others of its branch; null where there is none, or none is known. */
  readonly from: Uuid | null;
};

/** What is said of one store: who it is, and what it has of a volume; what it had may be among the records too. */
export type VolumeContents = { readonly instance: Uuid; readonly objects: readonly ObjectRecord[] };

/** The tags among the records, in the order in which the store got them. */
export function travellingTags(contents: VolumeContents): TravellingTag[] {
  const records = new Map(contents.objects.map((object) => [object.uuid, object]));
  return contents.objects
    .filter(({ kind }) => kind === 'tag')
    .sort((a, b) => a.order - b.order)
    .map((tag) => travellingTag(contents.instance, tag, records));
}

/** A tag that a store has made, or was sent. */
export function travellingTag(
  instance: Uuid,
  tag: ObjectRecord,
  records: ReadonlyMap<Uuid, ObjectRecord>,
): TravellingTag {
  const { uuid, name } = tag;
  const origin = originOf(tag) ?? localOrigin(instance, tag, records);
  if (origin !== null) return { uuid, name, origin, from: origin.from };
  const of = tag.from === null ? undefined : records.get(tag.from);
  return { uuid, name, origin, from: of?.kind === 'tag' ? of.uuid : null };
}
