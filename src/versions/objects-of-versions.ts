import { systemVolume, type VersionRecord } from '../domain/version.ts';
import type { Place } from '../domain/volume.ts';

/** The word by which a version says in the store that it needs a branch or a tag. */
export function holdOf(id: string): string {
  return `version:${id}`;
}

/** Every branch and tag that a version refers to: its root, image and born tag, and what it uses of other volumes. */
export function objectsOf(version: VersionRecord): Place[] {
  const { branch, image, born, bindings } = version;
  const system = (kind: Place['kind'], name: string): Place => ({ volume: systemVolume, kind, name });
  return [
    system('branch', branch),
    ...(born === null ? [] : [system('tag', born)]),
    ...Object.entries(bindings).map(([volume, name]): Place => ({ volume, kind: 'branch', name })),
    system('tag', image),
  ];
}

/**
 * What goes with a version that goes: what it refers to and no version that stays does, the image last. Of other volumes
 * only branches that were made for the version and bear its name: what several versions shared is not its to take.
 */
export function objectsThatGo(version: VersionRecord, staying: readonly VersionRecord[]): Place[] {
  const needed = new Set([...staying.flatMap(objectsOf), ...staying.flatMap(baseOf)].map(keyOf));
  return objectsOf(version).filter((place) => {
    const isOwn = place.volume === systemVolume || place.name === version.id;
    return isOwn && !needed.has(keyOf(place));
  });
}

/** The boot that makes a version tells by it what was changed. */
function baseOf({ born, base }: VersionRecord): Place[] {
  return born !== null || base === null ? [] : [{ volume: systemVolume, kind: 'tag', name: base }];
}

function keyOf({ volume, kind, name }: Place): string {
  return `${volume} ${kind} ${name}`;
}
