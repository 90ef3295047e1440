import { Failure } from '../../domain/failure.ts';
import { isDestroying } from '../../domain/reset-states.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { runningVersionOf } from '../running-version.ts';
import { versionCalled } from '../staging/change-version.ts';
import type { SwitchRequest } from '../staging/ends-of-switch.ts';
import { stagedReset } from './cancel-reset.ts';
import { readReset } from './total/reset-record.ts';

/**
 * What undoes a reset, or with null the one that runs: the rollback to the version that it was made from, for
 * `switchVersion`. Throws Failure `no-reset`, or `no-undo` where the rest was destroyed.
 */
export function undoOfReset(place: StorePlace, id: string | null): SwitchRequest {
  return readStore(place, (store) => {
    const records = readWholeVersions(store.files);
    const running = id === null ? runningVersionOf(store.system, records) : versionCalled(store, id);
    if (running !== null && hasDestroyed(store, running, records)) throw noUndo(running.id);
    const parent = running?.reset === null ? null : (running?.parent ?? null);
    if (running === null || parent === null) throw noReset(running?.id ?? null, stagedReset(store)?.id ?? null);
    return { direction: 'rollback', to: parent, from: running.id };
  });
}

/** A total reset that came only as far as its root can be undone as any other. */
function hasDestroyed(
  { files, system }: Store,
  { id, reset, parent }: VersionRecord,
  records: readonly VersionRecord[],
): boolean {
  if (reset?.mode !== 'total') return false;
  const record = readReset(files, system);
  if (record?.version === id && (isDestroying(record) || record.state === 'done')) return true;
  return !records.some((other) => other.id === parent && !other.removing);
}

function noReset(running: string | null, staged: string | null): Failure {
  const why = running === null ? 'this machine runs no version of the store' : `${running} was not made by one`;
  const back = 'Go back to a version with migrate rollback VERSION';
  return new Failure({
    code: 'no-reset',
    kind: 'input',
    message: `There is no reset to undo: ${why}`,
    advice: staged === null ? back : `The next boot makes ${staged}, unless migrate reset --cancel takes that back`,
  });
}

function noUndo(id: string): Failure {
  return new Failure({
    code: 'no-undo',
    kind: 'input',
    message: `Cannot undo the reset that made ${id}: it destroyed everything else`,
    advice: 'Get back what was sent to another store with migrate fetch',
  });
}
