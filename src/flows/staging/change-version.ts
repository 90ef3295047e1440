import { Failure } from '../../domain/failure.ts';
import { nextOrder, type Occasion, systemVolume, type VersionRecord, type VersionState } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { holdObject, releaseObject } from '../../store/hold.ts';
import { objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { holdOf, objectsOf } from '../../versions/objects-of-versions.ts';
import { readWholeVersions, writeVersion } from '../../versions/records.ts';
import { beingRemoved, transition } from '../../versions/states.ts';

/** The number and the time of a change that is made now. */
export function occasionOf({ files, system }: Store, why: string): Occasion {
  return { order: nextOrder(readWholeVersions(files)), at: system.now(), why };
}

/** Brings a version through states in turn and writes its record; each change is one of `edges`. Throws Failure `state`. */
export function changeState(
  store: Store,
  version: VersionRecord,
  states: readonly VersionState[],
  why: string,
): VersionRecord {
  let record = version;
  for (const to of states) {
    record = transition(record, to, {
      ...occasionOf(store, why),
      order: nextOrder([...readWholeVersions(store.files), record]),
    });
  }
  writeVersion(store.files, record);
  return record;
}

/** The version of that id. Throws Failure `no-version`, or `removing` where its removal has begun. */
export function versionCalled({ files }: Store, id: string): VersionRecord {
  const records = readWholeVersions(files);
  const version = records.find((record) => record.id === id);
  if (version?.removing === true) throw beingRemoved(version);
  if (version !== undefined) return version;
  const known = records.length === 0 ? 'it has none' : `it has ${records.map((record) => record.id).join(', ')}`;
  throw new Failure({
    code: 'no-version',
    kind: 'input',
    message: `The store has no version "${id}": ${known}`,
    advice: 'See them with migrate versions',
  });
}

/** Holds all that a version refers to and that is there, so that it stays for as long as the version does. */
export function holdAll(store: Store, version: VersionRecord): void {
  for (const object of objectsThere(store, version)) holdObject(store, object, holdOf(version.id));
}

/** Lets go of all that a version refers to. */
export function releaseAll(store: Store, version: VersionRecord): void {
  const hold = holdOf(version.id);
  for (const object of objectsThere(store, version))
    if (object.holds.includes(hold)) releaseObject(store, object, hold);
}

function objectsThere({ state }: Store, version: VersionRecord) {
  return objectsOf(version).flatMap((place) => objectAt(state, place)?.record ?? []);
}

/** A branch or tag of the volume of roots and images. */
export function systemPlace(kind: Place['kind'], name: string): Place {
  return { volume: systemVolume, kind, name };
}
