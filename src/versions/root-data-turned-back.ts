import { displayBytes } from '../domain/bytes.ts';
import type { ItemDraft } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import { boundBranch, type VersionRecord } from '../domain/version.ts';
import { begunAt, dateOf, followVersion, leftAt } from './data-turned-back.ts';

/** A place of data at which the root of the version that is left was changed, and the volume of that place, if there is one. */
export type DataInRoot = { readonly mountPoint: RootPath; readonly volume: string | null };

/**
 * The same as `dataTurnedBack` of data that lies in the root of the version that is left, and in no volume of it. The other
 * version cannot be given it: only a new version takes it along.
 */
export function rootDataTurnedBack(from: VersionRecord, to: VersionRecord, data: readonly DataInRoot[]): ItemDraft[] {
  return data.map(({ mountPoint, volume }) => {
    const branch = volume === null ? null : boundBranch(to, volume);
    const left = dateOf(leftAt(to));
    const begun = dateOf(begunAt(from));
    const place = displayBytes(mountPoint);
    const seen =
      branch === null
        ? `${to.id} has ${place} in its own root, as it was left on ${left}`
        : `${to.id} uses the branch ${branch} of the volume ${volume}, as it was left on ${left}`;
    return {
      kind: 'data-turned-back',
      subject: mountPoint,
      severity: 'error',
      blocks: 'boot',
      title: `${place} goes back to ${left}`,
      detail: `${seen}. What was written to ${place} in the root of ${from.id}, in use since ${begun}, stays there, and ${to.id} does not show it; a new version takes it along, with --carry`,
      resolutions: [
        {
          id: followVersion,
          title: `Use the data as it was left on ${left}; the newer stays in the root of ${from.id}`,
          dataLoss: 'possible',
        },
      ],
      facts: { volume, branches: { from: null, to: branch }, left: leftAt(to), begun: begunAt(from) },
    };
  });
}
