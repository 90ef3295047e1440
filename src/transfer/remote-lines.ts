import { originOf, type RemoteBranch, remoteHead } from '../domain/origin.ts';
import type { ObjectRecord, Uuid } from '../domain/volume.ts';

/** A branch as another store tells of it: its last tag, which is what can be fetched of it. */
export type RemoteLine = RemoteBranch & {
  /** Whether it is a branch of that store itself; else of one that it has got tags from. */
  readonly own: boolean;
  /** Null where no tag was made of it yet. */
  readonly head: ObjectRecord | null;
};

/** The branches of a volume that another store has, and those that it knows of. */
export function remoteLines(instance: Uuid, objects: readonly ObjectRecord[]): RemoteLine[] {
  const own = objects
    .filter(({ kind }) => kind === 'branch')
    .map(({ name, uuid }) => ({ branch: name, source: instance, own: true, head: lastTagOf(uuid, objects) }));
  const known = new Map(
    objects.flatMap((object) => {
      const origin = object.kind === 'tag' ? originOf(object) : null;
      return origin === null ? [] : [[`${origin.source} ${origin.branch}`, origin] as const];
    }),
  );
  const others = [...known.values()].map(({ branch, source }) => ({
    ...{ branch, source, own: false },
    head: remoteHead(objects, { branch, source }),
  }));
  return [...own, ...others];
}

function lastTagOf(branch: Uuid, objects: readonly ObjectRecord[]): ObjectRecord | null {
  const tags = objects.filter((one) => one.kind === 'tag' && one.from === branch && originOf(one) === null);
  return tags.sort((a, b) => b.order - a.order)[0] ?? null;
}

/**
 * The branch that a name means: that of the store which is asked, where it has a tag; else the one that the store knows;
 * of several, the one of the store in which the volume was made. `several` where that does not tell.
 */
export function lineCalled(
  lines: readonly RemoteLine[],
  branch: string,
  volumeInstance: Uuid,
): RemoteLine | 'none' | 'several' {
  const named = lines.filter((line) => line.branch === branch);
  const withTags = named.filter(({ head }) => head !== null);
  const own = withTags.find((line) => line.own);
  if (own !== undefined) return own;
  const [first, ...more] = withTags;
  if (first === undefined) return named[0] ?? 'none';
  if (more.length === 0) return first;
  return withTags.find(({ source }) => source === volumeInstance) ?? 'several';
}
