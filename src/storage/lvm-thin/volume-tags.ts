import type { ObjectKind, Place } from '../../domain/volume.ts';

const storePrefix = 'migrate.store=';

/** What marks the volumes of a store. */
export function storeTag(store: string): string {
  return `${storePrefix}${store}`;
}

/** The store that has marked a volume with these tags; null where none has. */
export function storeInTags(tags: readonly string[]): string | null {
  return tags.find((tag) => tag.startsWith(storePrefix))?.slice(storePrefix.length) ?? null;
}

const placePrefix = 'migrate.place=';

/** What says which branch or tag a volume is; the characters of names are those that LVM's tags may have. */
export function placeTag({ volume, kind, name }: Place): string {
  return `${placePrefix}${kind}/${volume}/${name}`;
}

/** The branch or tag that an LVM tag says the volume is; null where it is another tag. */
export function placeOfTag(tag: string): Place | null {
  if (!tag.startsWith(placePrefix)) return null;
  const [kind, volume, name] = tag.slice(placePrefix.length).split('/');
  if (!isKind(kind) || volume === undefined || name === undefined) return null;
  return { volume, kind, name };
}

function isKind(kind: string | undefined): kind is ObjectKind {
  return kind === 'branch' || kind === 'tag';
}
