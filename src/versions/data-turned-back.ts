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
        ? `${to.id} does not use the volume ${name} at all`
        : `${to.id} uses the branch ${branches.to} of the volume ${name}, as it was left on ${left}`;
    return [
      {
        kind: 'data-turned-back',
        subject: mountPoint,
        severity: 'error',
        blocks: 'boot',
        title: branches.to === null ? `${mountPoint} is not in ${to.id}` : `${mountPoint} goes back to ${left}`,
        detail: `${seen}. What was written since stays in the branch ${branches.from} of ${from.id}, in use since ${begun}, and ${to.id} does not show it`,
        resolutions: [follow(to, branches.to === null ? null : left), keep(from)],
        facts: { volume: name, branches, left: leftAt(to), begun: begunAt(from) },
      },
    ];
  });
}

function follow(to: VersionRecord, left: string | null): Resolution {
  const what = left === null ? `Go without it in ${to.id}` : `Use the data as it was left on ${left}`;
  return { id: followVersion, title: `${what}; the newer stays in its branch`, dataLoss: 'possible' };
}

function keep(from: VersionRecord): Resolution {
  return { id: keepData, title: `Use the data of ${from.id}, as it is now`, dataLoss: 'none' };
}

/** When the version was used last: the change by which it stopped. */
function leftAt(version: VersionRecord): string | null {
  const stopped = version.history.findLast(({ to }) => to === 'retired' || to === 'failed');
  return (stopped ?? version.history.at(-1))?.at ?? null;
}

function begunAt(version: VersionRecord): string | null {
  return (lastChangeTo(version, 'trial') ?? version.history[0])?.at ?? null;
}

function dateOf(at: string | null): string {
  return at === null ? 'an unknown date' : minuteOf(at);
}
