import { Failure, SystemCallError } from '../domain/failure.ts';
import { lastChangeTo, type VersionRecord } from '../domain/version.ts';
import type { ObjectRecord, Place } from '../domain/volume.ts';
import { displayPlace, type LedgerState, noSuch, objectAt, objectsIn, volumeNamed } from '../store/ledger-state.ts';
import { makeObject } from '../store/make-object.ts';
import { makeVolume } from '../store/make-volume.ts';
import { removeObject, removeUnlessNeeded } from '../store/remove-object.ts';
import type { Store } from '../store/store.ts';
import type { BindingStep, Filling, StoredVolume } from './bind-volumes.ts';

/** What the notes say of a branch that does not have all of its content yet. */
export const fillingPurpose = 'filling';
/** The note that says for which version a branch was made. */
export const madeFor = 'madeFor';

/** The version that is being made; it may have been made, tried and found bad before. */
export type NewVersion = Pick<VersionRecord, 'id' | 'history'>;

/** Copies what a root has at a path into a directory that holds nothing yet; durable when it returns. */
export type Fill = (from: Filling, directory: string) => void;

/** The volumes of a store as the bindings of a new version see them: without branches that an interrupted attempt left. */
export function storedVolumes(state: LedgerState, version: NewVersion): ReadonlyMap<string, StoredVolume> {
  const volumes = [...state.volumes.values()].map(({ record }) => {
    const branches = objectsIn(state, record.uuid).filter(({ kind }) => kind === 'branch');
    const whole = branches.filter((object) => !isFilling(object) && !isLeft(object, version));
    const filled = whole.filter(({ notes }) => notes[madeFor] !== undefined);
    return [record.name, { class: record.class, branches: namesOf(whole), filled: namesOf(filled) }] as const;
  });
  return new Map(volumes);
}

function namesOf(objects: readonly ObjectRecord[]): string[] {
  return objects.map(({ name }) => name);
}

/** What a version needs, as `bindVolumes` says. */
export type WantedBindings = { readonly version: NewVersion; readonly steps: readonly BindingStep[] };

/**
 * Makes the volumes and branches that a new version needs, which has no record yet; whoever calls holds them for it. A
 * branch that is filled comes into being under its name when it has everything. Interrupted, the steps are decided and
 * carried out again, for the same version too: what was left goes first.
 */
export function carryOutBindings(store: Store, { version, steps }: WantedBindings, fill: Fill): void {
  for (const { record } of [...store.state.objects.values()]) {
    if (isFilling(record) || isLeft(record, version)) removeUnlessNeeded(store, record);
  }
  for (const step of steps) {
    const { volume } = step;
    const notes = { [madeFor]: version.id };
    if (step.kind === 'create-volume') makeVolume(store, { name: volume, class: step.class });
    else if (step.kind === 'branch')
      makeBranch(store, { ...step, notes }, objectOf(store, branchPlace(volume, step.from)));
    else makeFilled(store, { ...step, notes }, fill);
  }
}

type NewBranch = { readonly volume: string; readonly branch: string; readonly notes: ObjectRecord['notes'] };

function makeBranch(store: Store, { volume, branch, notes }: NewBranch, from: ObjectRecord | null): ObjectRecord {
  const record = volumeNamed(store.state, volume);
  if (record === null) throw noSuch(`the volume ${volume}`);
  return makeObject(store, { volume: record, kind: 'branch', name: branch, from, notes });
}

function makeFilled(store: Store, step: NewBranch & { readonly filledFrom: Filling }, fill: Fill): void {
  const { volume, branch, filledFrom } = step;
  const filling = branchPlace(volume, fillingName(branch));
  const made = makeBranch(store, { volume, branch: filling.name, notes: { purpose: fillingPurpose } }, null);
  try {
    store.backend.withContent(filling, { writable: true }, (directory) => fill(filledFrom, directory));
  } catch (error) {
    removeUnfilled(store, made);
    throw error;
  }
  makeBranch(store, step, made);
  removeUnlessNeeded(store, made);
}

/** The old root goes on in the space that it takes. One that cannot be removed is a left-over. */
function removeUnfilled(store: Store, made: ObjectRecord): void {
  try {
    removeObject(store, made);
  } catch (error) {
    // Why it was not filled is what a person should hear of.
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
  }
}

function objectOf({ state }: Store, place: Place): ObjectRecord {
  const object = objectAt(state, place)?.record;
  if (object === undefined) throw noSuch(`the branch ${displayPlace(place)}`);
  return object;
}

function branchPlace(volume: string, name: string): Place {
  return { volume, kind: 'branch', name };
}

function fillingName(branch: string): string {
  return `${branch.slice(0, 100)}.filling`;
}

/**
 * A branch that was made for the version before it was: nobody holds it, and what it was made of has changed since. Once
 * the version was tried, only one of its own is: what is written to a shared one is people's.
 */
function isLeft({ kind, name, notes, holds }: ObjectRecord, version: NewVersion): boolean {
  if (kind !== 'branch' || notes[madeFor] !== version.id || holds.length > 0) return false;
  return name === version.id || lastChangeTo(version, 'trial') === null;
}

/** Whether it is a branch that did not have all of its content when whoever filled it was cut off. */
export function isFilling({ notes }: ObjectRecord): boolean {
  return notes['purpose'] === fillingPurpose;
}
