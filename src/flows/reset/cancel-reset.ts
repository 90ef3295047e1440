import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { recordFailed } from '../record-at-boot.ts';
import { versionCalled } from '../staging/change-version.ts';
import { dropVersion, unbootedVersions } from '../staging/drop-version.ts';
import { cancelTotal, isTotalDamaged } from './total/arm-total.ts';

/** The version that was staged for the reset, null where only a record was left; and whether a damaged record was dropped. */
export type CancelledReset = { readonly version: VersionRecord | null; readonly droppedDamaged: boolean };

/**
 * Takes back a reset that no boot has begun to make, or a total one whose root was not made whole; its image stays. The loader is
 * still to be told. Throws Failure `no-reset`, or `reset-goes-on` where it destroys things already.
 */
export function cancelReset(place: StorePlace): CancelledReset {
  return changeStore(place, (store) => {
    const staged = stagedReset(store);
    // A request without its version, or a version without its request: either is none that a boot would follow.
    const droppedDamaged = isTotalDamaged(store);
    const begun = begunTotal(store);
    const asked = cancelTotal(store);
    if (staged !== null) dropVersion(store, staged);
    // No boot makes it without its request, and as long as it is begun nothing else is staged.
    if (begun !== null) recordFailed(store, begun, 'its reset was cancelled');
    const version = staged ?? begun ?? readWholeVersions(store.files).find(({ id }) => id === asked) ?? null;
    if (version === null && !droppedDamaged) throw nothingStaged();
    return { version, droppedDamaged };
  });
}

/** The total reset that a boot has begun to make, and that is not committed. */
function begunTotal({ files }: Store): VersionRecord | null {
  const isBegun = ({ state, born, removing, reset }: VersionRecord): boolean =>
    reset?.mode === 'total' && (state === 'migrating' || state === 'waiting') && born === null && !removing;
  return readWholeVersions(files).find(isBegun) ?? null;
}

/** The reset that the next boot makes, or that waits for a choice; null where there is none. */
export function stagedReset(store: Store): VersionRecord | null {
  const unbooted = unbootedVersions(store).map((id) => versionCalled(store, id));
  return unbooted.find(({ reset }) => reset !== null) ?? null;
}

function nothingStaged(): Failure {
  return new Failure({
    code: 'no-reset',
    kind: 'input',
    message: 'There is no reset to cancel: none waits for the next boot',
    advice: 'One that has booted is undone by migrate reset --undo',
  });
}
