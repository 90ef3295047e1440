import { errorCode, Failure } from '../domain/failure.ts';
import { repairAdvice } from './ledger-failure.ts';
import { displayPlace, type Intent, placeOf } from './ledger-state.ts';
import { type FoundObject, foundAt, foundObjects, isKnown, ownSidecar } from './native-objects.ts';
import { readIfThere } from './replace-file.ts';
import { settleReceived } from './settle-received.ts';
import { parseVolumeFile } from './sidecar.ts';
import type { Store } from './store.ts';
import { volumeFilePath } from './store-files.ts';
import { isGoingOn } from './unsettled.ts';
import { foundVolumes, removeVolumeFile } from './volume-files.ts';

/**
 * Brings ledger and storage together after a crash: what was begun is finished or given up, and records beside the objects
 * that are older than the ledger are written anew. What cannot be settled now stays begun. Throws Failure `ledger-behind`.
 */
export function settle(store: Store): void {
  const found = foundObjects(store.backend.list(), store.system.digest);
  requireWholeLedger(store, found);
  for (const intent of [...store.state.intents.values()]) {
    if (!isGoingOn(store, intent)) trySettle(store, intent, found);
  }
  settleReceived(store);
  renewRecords(store, found);
}

/**
 * Finishes or gives up what was begun: something new is whole when it has its sidecar, and is removed without; what was
 * being removed goes, unless the storage refuses and it is still whole.
 */
export function settleIntent(store: Store, intent: Intent, found: readonly FoundObject[]): void {
  const { line, what, object } = intent;
  const place = placeOf(store.state, object);
  const there = foundAt(found, place);
  if (there?.sidecar === 'unreadable') throw unsettled(displayPlace(place));
  const sidecar = there === null ? null : ownSidecar(there, store.state);
  const isOurs = sidecar?.object.uuid === object.uuid;
  // Something else has come to lie there, which has its own sidecar: ours is gone.
  const isOther = there !== null && there.sidecar !== 'none' && !isOurs;
  if (what !== 'remove' && isOurs) {
    store.append({ kind: 'done', line });
    return;
  }
  // What was to be adopted was there before, and stays.
  if (!isOther && what !== 'adopt') removeOrKeep(store, intent);
  if (store.state.intents.has(line)) store.append({ kind: what === 'remove' ? 'done' : 'undone', line });
}

/** Removes what an intent speaks of. Where the storage refuses and it is still whole, nothing has happened. */
function removeOrKeep(store: Store, { line, what, object }: Intent): void {
  const place = placeOf(store.state, object);
  try {
    store.backend.remove(place);
  } catch (error) {
    // What lies there now is of a kind that the storage does not make: ours is gone, or never was.
    if (errorCode(error) === 'foreign') return;
    if (!(error instanceof Failure) || what !== 'remove') throw error;
    const there = foundAt(foundObjects(store.backend.list(), store.system.digest), place);
    if (there === null || ownSidecar(there, store.state) === null) throw error;
    store.append({ kind: 'undone', line });
  }
}

/** One that the storage refuses to settle, such as one that is mounted, must not hold up everything else. */
function trySettle(store: Store, intent: Intent, found: readonly FoundObject[]): void {
  try {
    settleIntent(store, intent, found);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

/** A record of a later line than the ledger has: its last lines were lost, or an old copy was put back (case 125). */
function requireWholeLedger(store: Store, found: readonly FoundObject[]): void {
  const [ahead] = aheadOfLedger(store, found);
  if (ahead === undefined) return;
  throw new Failure({
    code: 'ledger-behind',
    kind: 'failed',
    message: `Cannot change the store: ledger.ndjson has lost lines: ${ahead}`,
    advice: repairAdvice,
  });
}

/** What lies in the store and knows more than the ledger does, each in a clause. */
export function aheadOfLedger(store: Store, found: readonly FoundObject[]): string[] {
  const { state, nextLine, files, system } = store;
  const later = (name: string, line: number): string[] =>
    line < nextLine ? [] : [`${name} is of line ${line}, and it ends at ${nextLine - 1}`];
  const volumes = foundVolumes(files, system.digest).flatMap(({ directory, file }) => {
    if (file === null || file.store !== state.identity.instance) return [];
    const { uuid } = file.volume;
    if (file.line < nextLine && !state.volumes.has(uuid) && !state.forgotten.has(uuid))
      return [`the volume ${directory} is not in it`];
    return later(`the volume ${directory}`, file.line);
  });
  const objects = found.flatMap((one) => {
    const sidecar = ownSidecar(one, state);
    if (sidecar === null) return [];
    const name = displayPlace(one.place);
    return sidecar.line < nextLine && !isKnown(state, sidecar) ? [`${name} is not in it`] : later(name, sidecar.line);
  });
  return [...volumes, ...objects];
}

function renewRecords(store: Store, found: readonly FoundObject[]): void {
  const { state, files, system } = store;
  for (const { record, line } of state.objects.values()) {
    const there = foundAt(found, placeOf(state, record));
    const sidecar = there === null ? null : ownSidecar(there, state);
    if (sidecar?.object.uuid === record.uuid && sidecar.line < line) store.writeSidecar(record);
  }
  for (const volume of state.volumes.values()) {
    const text = readIfThere(files, volumeFilePath(volume.record.name));
    const isOlder = text === null || (parseVolumeFile(text, system.digest)?.line ?? volume.line) < volume.line;
    if (isOlder) store.writeVolumeFile(volume);
  }
  for (const record of state.forgotten.values()) removeVolumeFile(files, system.digest, record);
}

function unsettled(name: string): Failure {
  return new Failure({
    code: 'unfinished',
    kind: 'failed',
    message: `Cannot finish what was begun with ${name}: its record is damaged`,
    advice: repairAdvice,
  });
}
