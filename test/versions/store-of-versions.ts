import { bytesOfText } from '../../src/domain/bytes.ts';
import type { VersionRecord, VersionState } from '../../src/domain/version.ts';
import type { ObjectRecord, VolumeRecord } from '../../src/domain/volume.ts';
import type { BackendKind } from '../../src/storage/backend.ts';
import { createStore } from '../../src/store/create-store.ts';
import { holdObject } from '../../src/store/hold.ts';
import { objectAt } from '../../src/store/ledger-state.ts';
import { makeObject } from '../../src/store/make-object.ts';
import { makeVolume } from '../../src/store/make-volume.ts';
import { changeStore, type StorePlace } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import type { System } from '../../src/system/system.ts';
import { holdOf, objectsOf } from '../../src/versions/objects-of-versions.ts';
import { writeVersion } from '../../src/versions/records.ts';
import { system } from '../storage/objects.ts';
import { versionOf } from './version-of.ts';

/** A store of that kind in a directory, as a program sees it. */
export function placeOf(kind: BackendKind, directory: string, through: System = system): StorePlace {
  return { system: through, directory: bytesOfText(directory), findKind: (name) => (name === kind.name ? kind : null) };
}

/**
 * Makes a store in which one version after another was made from images of their own, all with the same home and with
 * settings of their own, each referred to by its holds.
 */
export function makeVersions(kind: BackendKind, directory: string, states: readonly VersionState[]): VersionRecord[] {
  createStore(system, bytesOfText(directory), { kind, host: 'test' });
  return changeStore(placeOf(kind, directory), (store) => {
    const [images, home, settings] = [
      makeVolume(store, { name: 'system', class: 'system' }),
      makeVolume(store, { name: 'home', class: 'data' }),
      makeVolume(store, { name: 'settings', class: 'config' }),
    ];
    makeObject(store, { volume: home, kind: 'branch', name: 'main', from: null });
    let before: ObjectRecord | null = null;
    return states.map((state, index) => {
      const version = recordOf(state, index + 1);
      makeRoot(store, images, version);
      before = makeObject(store, { volume: settings, kind: 'branch', name: version.id, from: before });
      for (const place of objectsOf(version)) {
        const object = objectAt(store.state, place)?.record;
        if (object !== undefined) holdObject(store, object, holdOf(version.id));
      }
      writeVersion(store.files, version);
      return version;
    });
  });
}

function recordOf(state: VersionState, order: number): VersionRecord {
  const id = `v.${order}`;
  const parent = order === 1 ? null : `v.${order - 1}`;
  return versionOf(id, state, order, { parent, born: `born-${id}`, bindings: { home: 'main', settings: id } });
}

function makeRoot(store: Store, volume: VolumeRecord, { id, image }: VersionRecord): void {
  const unpacked = makeObject(store, { volume, kind: 'branch', name: `unpacked-${id}`, from: null });
  const from = makeObject(store, { volume, kind: 'tag', name: image, from: unpacked });
  const root = makeObject(store, { volume, kind: 'branch', name: id, from });
  makeObject(store, { volume, kind: 'tag', name: `born-${id}`, from: root });
}
