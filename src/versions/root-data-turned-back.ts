import { displayBytes } from '../domain/bytes.ts';
import type { ItemDraft } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import { boundBranch, type VersionRecord } from '../domain/version.ts';
import { begunAt, dateOf, followVersion, leftAt } from './data-turned-back.ts';

/** A place of data at which something was written in the root of the version that is left. */
export type WrittenInRoot = {
  readonly mountPoint: RootPath;
  /** What was written last of that, and when, in ISO 8601; null where things were only removed. */
  readonly newest: { readonly path: RootPath; readonly at: string } | null;
};

/** The same with the volume of that place, if there is one. */
export type DataInRoot = WrittenInRoot & { readonly volume: string | null };

/**
 * The same as `dataTurnedBack` of data that lies in the root of the version that is left, and in no volume of it. The other
 * version cannot be given it: only a new version takes it along.
 */
export function rootDataTurnedBack(from: VersionRecord, to: VersionRecord, data: readonly DataInRoot[]): ItemDraft[] {
  return data.map(({ mountPoint, volume, newest }) => {
    const branch = volume === null ? null : boundBranch(to, volume);
    const left = dateOf(leftAt(to));
    const begun = dateOf(begunAt(from));
    const place = displayBytes(mountPoint);
    const seen =
      branch === null
        ? `${to.id} has ${place} in its own root, as it was left on ${left}`
        : `${to.id} uses the branch ${branch} of the volume ${volume}, as it was left on ${left}`;
    const last = newest === null ? '' : ` (${displayBytes(newest.path)} was written last, on ${dateOf(newest.at)})`;
    return {
      kind: 'data-turned-back',
      subject: mountPoint,
      severity: 'error',
      blocks: 'boot',
      title: `${place} goes back to ${left}`,
      detail: `${seen}. What was written to ${place} in the root of ${from.id}, in use since ${begun}, stays there${last}, and ${to.id} does not show it; a new version takes it along, with --carry`,
      resolutions: [
        {
          id: followVersion,
          title: `Use the data as it was left on ${left}; the newer stays in the root of ${from.id}`,
          dataLoss: 'possible',
        },
      ],
      facts: {
        volume,
        branches: { from: null, to: branch },
        left: leftAt(to),
        begun: begunAt(from),
        newest: newest === null ? null : { path: displayBytes(newest.path), at: newest.at },
      },
    };
  });
}
