import { lastChangeTo, type VersionState } from '../../domain/version.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { changeState } from '../staging/change-version.ts';

const why = 'left for a reset from the Recovery menu';

/**
 * Ends every trial: whoever resets the machine has left it for good, and while one lasts nothing else is staged. A version that
 * had proven itself before is what it was; one that had not, failed.
 */
export function leaveUnproven(store: Store): void {
  for (const version of readWholeVersions(store.files)) {
    if (version.removing) continue;
    const wasGood = lastChangeTo(version, 'good') !== null;
    const ends: Partial<Record<VersionState, readonly VersionState[]>> = {
      migrating: ['failed'],
      waiting: ['migrating', 'failed'],
      trial: wasGood ? ['good', 'retired'] : ['failed'],
    };
    const states = ends[version.state];
    if (states !== undefined) changeState(store, version, states, why);
  }
}
