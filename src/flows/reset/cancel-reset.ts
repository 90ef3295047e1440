import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { versionCalled } from '../staging/change-version.ts';
import { dropVersion, unbootedVersions } from '../staging/drop-version.ts';
import { cancelTotal } from './total/arm-total.ts';

/**
 * Takes back a reset that no boot has begun to make; its image stays. The loader is still to be told. Gives the version
 * that was staged for it. Throws Failure `no-reset`, or `reset-goes-on` where it destroys things already.
 */
export function cancelReset(place: StorePlace): VersionRecord {
  return changeStore(place, (store) => {
    const staged = stagedReset(store);
    // A request without its version, or a version without its request: either is none that a boot would follow.
    const asked = cancelTotal(store);
    if (staged !== null) dropVersion(store, staged);
    const version = staged ?? readWholeVersions(store.files).find(({ id }) => id === asked);
    if (version === undefined) throw nothingStaged();
    return version;
  });
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
