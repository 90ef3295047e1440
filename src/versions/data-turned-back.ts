import { displayBytes } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import type { ItemDraft, Resolution } from '../domain/item.ts';
import { minuteOf } from '../domain/minute.ts';
import { boundBranch, lastChangeTo, type VersionRecord } from '../domain/version.ts';

/** The answer that takes the data as the other version left it. */
export const followVersion = 'follow';
/** The answer that binds the data of the running version to the other one as well. */
export const keepData = 'keep';

/**
 * What a person should know before another version takes over: one item for each volume of class `data` of which it uses
 * another branch, so that what was written since is not seen there. None has a default: the one answer may hide data, and
 * the other is not what was declared.
 */
export function dataTurnedBack(
  from: VersionRecord,
  to: VersionRecord,
  volumes: readonly Pick<DeclaredVolume, 'name' | 'class' | 'mountPoint'>[],
): ItemDraft[] {
  return volumes.flatMap(({ name, class: volumeClass, mountPoint }) => {
    const branches = { from: boundBranch(from, name), to: boundBranch(to, name) };
    if (volumeClass !== 'data' || branches.from === null || branches.from === branches.to) return [];
    const left = dateOf(leftAt(to));
    const begun = dateOf(begunAt(from));
    const seen =
      branches.to === null
        ? `${to.id} does not use the volume ${name}: of ${displayBytes(mountPoint)} it has what its own root holds, as it was left on ${left}`
        : `${to.id} uses the branch ${branches.to} of the volume ${name}, as it was left on ${left}`;
    return [
      {
        kind: 'data-turned-back',
        subject: mountPoint,
        severity: 'error',
        blocks: 'boot',
        title: `${displayBytes(mountPoint)} goes back to ${left}`,
        detail: `${seen}. What was written since stays in the branch ${branches.from} of ${from.id}, in use since ${begun}, and ${to.id} does not show it`,
        resolutions: [follow(left), keep(from)],
        facts: { volume: name, branches, left: leftAt(to), begun: begunAt(from) },
      },
    ];
  });
}

function follow(left: string): Resolution {
  const title = `Use the data as it was left on ${left}; the newer stays in its branch`;
  return { id: followVersion, title, dataLoss: 'possible' };
}

function keep(from: VersionRecord): Resolution {
  return { id: keepData, title: `Use the data of ${from.id}, as it is now`, dataLoss: 'none' };
}

/** When the version was used last: the change by which it stopped. */
export function leftAt(version: VersionRecord): string | null {
  const stopped = version.history.findLast(({ to }) => to === 'retired' || to === 'failed');
  return (stopped ?? version.history.at(-1))?.at ?? null;
}

/** When it began to be used: by its trial, or as the first version. */
export function begunAt(version: VersionRecord): string | null {
  return (lastChangeTo(version, 'trial') ?? version.history[0])?.at ?? null;
}

/** To the minute, for a person. */
export function dateOf(at: string | null): string {
  return at === null ? 'an unknown date' : minuteOf(at);
}
