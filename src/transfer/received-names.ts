import type { ObjectRecord, VolumeRecord } from '../domain/volume.ts';

/**
 * What a received volume is called in a store that does not have it: `alpha+home`, so that it takes the place of no
 * volume of the store's own.
 */
export function receivedVolumeName({ host, name }: Pick<VolumeRecord, 'host' | 'name'>): string {
  return name.startsWith(`${host}+`) ? name : `${host}+${name}`;
}

/** What a volume is called on the host that made it. */
export function originalVolumeName({ host, name }: Pick<VolumeRecord, 'host' | 'name'>): string {
  return name.startsWith(`${host}+`) ? name.slice(host.length + 1) : name;
}

/** What a received tag is called: as before, unless the volume has another of that name (case 123). */
export function receivedTagName(
  { name, uuid }: Pick<ObjectRecord, 'name' | 'uuid'>,
  taken: ReadonlySet<string>,
): string {
  if (!taken.has(name)) return name;
  const ending = `-${uuid.slice(0, 8)}`;
  // A name has at most 120 characters.
  return `${name.slice(0, 120 - ending.length)}${ending}`;
}
