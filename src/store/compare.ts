import { displayBytes } from '../domain/bytes.ts';
import { errorCode } from '../domain/failure.ts';
import { isUnfinishedRoot } from '../domain/unfinished-root.ts';
import { type ObjectRecord, type Place, samePlace } from '../domain/volume.ts';
import { isPartName } from '../domain/volume-name.ts';
import type { Difference, Finding } from './finding.ts';
import { displayObject, displayPlace, type KnownObject, objectAt, placeOf } from './ledger-state.ts';
import { type FoundObject, foundAt, foundObjects, ownSidecar } from './native-objects.ts';
import type { Sidecar } from './sidecar.ts';
import type { Store } from './store.ts';
import { isGoingOn } from './unsettled.ts';
import { foundVolumes } from './volume-files.ts';

/** Everything in which a ledger that can be read differs from what lies in the storage. */
export function compareStore(store: Store): Difference[] {
  const found = foundObjects(store.backend.list(), store.system.digest);
  const beingChanged = [...store.state.intents.values()].map(({ object }) => placeOf(store.state, object));
  const isBeingChanged = (place: Place): boolean => beingChanged.some((one) => samePlace(one, place));
  return [
    ...unfinished(store, found),
    ...[...store.state.objects.values()]
      .filter(({ record }) => !isBeingChanged(placeOf(store.state, record)))
      .flatMap((known) => compareObject(store, known, found)),
    ...found.filter(({ place }) => !isBeingChanged(place)).flatMap((one) => compareFound(store, one, found)),
    ...writableTags(store),
    ...compareVolumes(store),
  ];
}

function unfinished(store: Store, found: readonly FoundObject[]): Difference[] {
  return [...store.state.intents.values()].map((intent): Difference => {
    const { line, what, object } = intent;
    const place = placeOf(store.state, object);
    if (isGoingOn(store, intent)) {
      const detail = 'it is being received from another store';
      return { kind: 'unfinished', severity: 'notice', what: displayPlace(place), detail, repair: null };
    }
    const isDamaged = foundAt(found, place)?.sidecar === 'unreadable';
    return {
      ...{ kind: 'unfinished', severity: 'error', what: displayPlace(place) },
      detail: `line ${line} began to ${what} it${isDamaged ? '; its record is damaged' : ''}`,
      // What else there is to do, settling does.
      repair: isDamaged ? () => store.backend.writeSidecar(place, store.sidecarOf(object, line)) : null,
    };
  });
}

function compareObject(store: Store, known: KnownObject, found: readonly FoundObject[]): Difference[] {
  const { record, line } = known;
  const place = placeOf(store.state, record);
  const there = foundAt(found, place);
  const sidecar = there === null ? null : ownSidecar(there, store.state);
  const what = displayPlace(place);
  if (there === null || (sidecar !== null && sidecar.object.uuid !== record.uuid)) {
    const elsewhere = found.find((one) => ownSidecar(one, store.state)?.object.uuid === record.uuid);
    return [elsewhere === undefined ? missing(store, known) : renamed(store, known, elsewhere.place)];
  }
  const detail = faultOf(there, store.sidecarOf(record, line), sidecar, line);
  if (detail === null) return [];
  return [{ kind: 'sidecar', severity: 'error', what, detail, repair: () => renewSidecar(store, record) }];
}

/** Where only something beside the object was left of it, that is taken away, and it is lost. */
function renewSidecar(store: Store, record: ObjectRecord): void {
  try {
    store.writeSidecar(record);
  } catch (error) {
    if (errorCode(error) !== 'no-object') throw error;
    store.backend.remove(placeOf(store.state, record));
    store.append({ kind: 'lost', object: record.uuid });
  }
}

function faultOf({ sidecar, text }: FoundObject, expected: string, own: Sidecar | null, line: number): string | null {
  if (sidecar === 'none') return 'its record is missing, or all is gone but its record';
  if (own === null) return 'its record is damaged';
  if (own.line < line) return 'its record is older than the ledger';
  return text === expected ? null : 'its record says something else than the ledger';
}

function missing(store: Store, { record }: KnownObject): Difference {
  const held = record.holds.length === 0 ? '' : `; it was held for ${record.holds.join(', ')}`;
  return {
    ...{ kind: 'missing', severity: 'error', what: displayObject(store.state, record) },
    detail: `the ledger has it, and the storage does not${held}`,
    repair: () => store.append({ kind: 'lost', object: record.uuid }),
  };
}

function renamed(store: Store, { record }: KnownObject, to: Place): Difference {
  const from = placeOf(store.state, record);
  const isHere = to.volume === from.volume && to.kind === from.kind && isPartName(to.name);
  const isFree = objectAt(store.state, to) === null;
  return {
    ...{ kind: 'renamed', severity: 'error', what: displayPlace(from) },
    detail: `it lies in the storage as ${displayPlace(to)}${isHere && isFree ? '' : ', where it cannot stay: move it back'}`,
    repair: isHere && isFree ? () => rename(store, record.uuid, to.name) : null,
  };
}

function rename(store: Store, uuid: string, name: string): void {
  store.append({ kind: 'renamed', object: uuid, name });
  const known = store.state.objects.get(uuid);
  if (known !== undefined) store.writeSidecar(known.record);
}

/** What lies in the storage and is no object of the ledger's at its place. */
function compareFound(store: Store, one: FoundObject, found: readonly FoundObject[]): Difference[] {
  const { place } = one;
  const known = objectAt(store.state, place);
  const sidecar = ownSidecar(one, store.state);
  if (known !== null && (sidecar === null || sidecar.object.uuid === known.record.uuid)) return [];
  const what = displayPlace(place);
  // Removed with what else interrupted commands and boots leave.
  if (one.sidecar === 'none' && isUnfinishedRoot(place)) return [];
  if (sidecar === null) return [{ ...foreign(one), what, repair: null }];
  const current = store.state.objects.get(sidecar.object.uuid);
  if (current === undefined) return [returned(store, sidecar, place)];
  const own = foundAt(found, placeOf(store.state, current.record));
  const isCopy = own !== null && ownSidecar(own, store.state)?.object.uuid === current.record.uuid;
  // Else it is named as the object that lies here under another name.
  if (!isCopy) return [];
  const detail = `a copy of ${displayObject(store.state, current.record)} that migrate did not make; it is left alone`;
  return [{ kind: 'copied', severity: 'notice', what, detail, repair: null }];
}

function foreign({ sidecar }: FoundObject): Pick<Finding, 'kind' | 'severity' | 'detail'> {
  const details = { none: 'it has no record', unreadable: 'its record is damaged, or not of this program' };
  const why = typeof sidecar === 'string' ? details[sidecar] : 'its record is of another store';
  return { kind: 'foreign', severity: 'notice', detail: `${why}, so migrate did not make it; it is left alone` };
}

function returned(store: Store, { volume, object }: Sidecar, place: Place): Difference {
  const isOfVolume = store.state.volumes.get(volume.uuid)?.record.name === place.volume;
  const canReturn = isOfVolume && object.kind === place.kind && isPartName(place.name);
  return {
    ...{ kind: 'returned', severity: 'error', what: displayPlace(place) },
    detail: 'it has a record of this store, and the ledger does not have it any more',
    repair: canReturn ? () => takeBack(store, { ...object, name: place.name }) : null,
  };
}

function takeBack(store: Store, object: Sidecar['object']): void {
  store.append({ kind: 'found', object });
  store.writeSidecar(object);
}

/** Whether what they hold still is what was tagged is for a person to say, before they are made read-only again. */
function writableTags({ backend, state }: Store): Difference[] {
  const tags = (backend.writableTags?.() ?? []).filter(({ place }) => objectAt(state, place) !== null);
  return tags.map(({ place, remedy }) => ({
    ...{ kind: 'writable', severity: 'error', what: displayPlace(place), repair: null },
    detail: `somebody has made it writable, and may have changed it. Look at it, and then: ${remedy}`,
  }));
}

function compareVolumes(store: Store): Difference[] {
  const { state, files, system } = store;
  const found = foundVolumes(files, system.digest);
  return [...state.volumes.values()].flatMap((volume): Difference[] => {
    const { record, line } = volume;
    const there = found.find(({ directory }) => directory === record.name);
    if (there?.file?.volume.uuid === record.uuid && there.file.line === line) return [];
    return [
      {
        ...{ kind: 'volume-record', severity: 'error', what: displayBytes(record.name) },
        detail: there === undefined ? 'its record is missing' : 'its record is damaged, or older than the ledger',
        repair: () => store.writeVolumeFile(volume),
      },
    ];
  });
}
