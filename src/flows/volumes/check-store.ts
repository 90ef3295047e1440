export type { Checked } from '../../store/fsck.ts';

import { type Checked, checkStore, repairStore } from '../../store/fsck.ts';
import { changeStore, readStore } from '../../store/open-store.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { type LeftOver, leftOvers, type RemovedLeftOver, removeLeftOvers } from '../staging/left-overs.ts';
import { versionFindings } from './check-versions.ts';

/** Compares the ledger of a store with what lies in it and with what its versions need; with `repair` makes good what can be. */
export async function examineStore(
  system: System,
  request: StoreRequest & { readonly repair: boolean },
): Promise<Checked> {
  const place = await placeOfStore(system, request);
  const checked = request.repair ? repairStore(place) : checkStore(place);
  // What is in a ledger that cannot be used is not known.
  const isUnusable = checked.findings.some(({ kind }) => kind === 'ledger-missing' || kind === 'ledger-damaged');
  if (isUnusable) return checked;
  const removed = request.repair ? changeStore(place, removeLeftOvers) : readStore(place, leftOvers).map(notRemoved);
  return {
    ...checked,
    repaired: [...checked.repaired, ...removed.filter(({ problem }) => problem === null).map(findingOf)],
    findings: [
      ...checked.findings,
      ...readStore(place, versionFindings),
      ...removed.filter(({ problem }) => problem !== null).map(findingOf),
    ],
  };
}

/** Without a repair it is only named: it is in nobody's way. */
function notRemoved(leftOver: LeftOver): RemovedLeftOver {
  return { ...leftOver, problem: '' };
}

function findingOf({ what, detail, problem }: RemovedLeftOver): Checked['findings'][number] {
  const why = problem === null || problem === '' ? '' : `; ${problem}`;
  return { kind: 'left-over', severity: 'notice', what, detail: `${detail}${why}` };
}
