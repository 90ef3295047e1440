import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../src/domain/bytes.ts';
import { SystemCallError } from '../../src/domain/failure.ts';
import type { VersionRecord } from '../../src/domain/version.ts';
import { parseVolumes } from '../../src/policy/parse-volumes.ts';
import type { BackendKind } from '../../src/storage/backend.ts';
import { btrfsBackend } from '../../src/storage/btrfs/backend.ts';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import { createStore } from '../../src/store/create-store.ts';
import { holdObject } from '../../src/store/hold.ts';
import { objectAt, volumeNamed } from '../../src/store/ledger-state.ts';
import { makeObject } from '../../src/store/make-object.ts';
import { changeStore, readStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type BindingRequest, type Bindings, bindVolumes } from '../../src/versions/bind-volumes.ts';
import { carryOutBindings, type Fill, storedVolumes } from '../../src/versions/carry-out-bindings.ts';
import { dies, Killed } from '../apply/interruption.ts';
import { dyingSystem } from '../storage/dying-system.ts';
import { branch, system, withStore } from '../storage/objects.ts';
import { placeOf } from './store-of-versions.ts';

const kinds = [
  [btrfsBackend, 'btrfs'],
  [overlayBackend, 'ext4'],
] as const;
const declared = parseVolumes('volume home /home class=data\nvolume settings /etc/opt class=config\n', 'x.volume');

/** In place of a copy of a tree: a file that says what was copied. */
const fill: Fill = (from, directory) => writeFileSync(join(directory, 'from'), from.path);

type Occasion = { readonly filling?: Fill; readonly history?: VersionRecord['history']; readonly inParent?: string };

/** Decides as the store is, and does what was decided. */
function bindIn(
  store: Store,
  version: string,
  parent: BindingRequest['parent'],
  { filling = fill, history = [], inParent }: Occasion = {},
): Bindings {
  const bound = bindVolumes({
    anew: new Set(),
    inParent: new Set(inParent === undefined ? [] : [inParent]),
    version,
    parent,
    declared,
    stored: storedVolumes(store.state, { id: version, history }),
    migrated: new Set(),
  });
  carryOutBindings(store, { version: { id: version, history }, steps: bound.steps }, filling);
  return bound;
}

/** What each branch holds, by its volume and name. */
function contentsIn(store: Store): Record<string, string> {
  const branches = store.backend.list().map(({ place }) => place);
  return Object.fromEntries(
    branches.map((place) => [
      `${place.volume}/${place.name}`,
      store.backend.withContent(place, { writable: false }, (directory) =>
        readFileSync(join(directory, 'from'), 'utf8'),
      ),
    ]),
  );
}

function create(kind: BackendKind, directory: string): void {
  createStore(system, bytesOfText(directory), { kind, host: 'test' });
}

const first = { 'home/main': '/home', 'settings/v.1': '/etc/opt' };

/** Every place where a run can be killed, or every fifth. */
const stride = process.env['MIGRATE_KILLS'] === 'all' ? 1 : 5;

for (const [kind, filesystem] of kinds) {
  const on = `${kind.name} on ${filesystem}`;

  test(`case 108: ${on}: volumes are made and filled once, and a new version goes on with what its parent has`, async () => {
    await withStore(kind, filesystem, ({ directory }) => {
      create(kind, directory);
      changeStore(placeOf(kind, directory), (store) => {
        const { bindings } = bindIn(store, 'v.1', null);
        assert.deepEqual(contentsIn(store), first);
        const settings = branch('v.1', 'settings');
        store.backend.withContent(settings, { writable: true }, (at) => writeFileSync(join(at, 'from'), 'changed'));
        const next = bindIn(store, 'v.2', { id: 'v.1', bindings });
        assert.deepEqual(next.bindings, { home: 'main', settings: 'v.2' });
        assert.deepEqual(contentsIn(store), { ...first, 'settings/v.1': 'changed', 'settings/v.2': 'changed' });
        store.backend.withContent(branch('v.2', 'settings'), { writable: true }, (at) =>
          writeFileSync(join(at, 'from'), 'of the new'),
        );
        assert.equal(contentsIn(store)['settings/v.1'], 'changed', 'the parent keeps its own');
      });
    });
  });

  test(`${on}: a branch of the version's name that somebody holds, or that was made for something else, is not taken`, async () => {
    await withStore(kind, filesystem, ({ directory }) => {
      create(kind, directory);
      changeStore(placeOf(kind, directory), (store) => {
        const { bindings } = bindIn(store, 'v.1', null);
        bindIn(store, 'v.2', { id: 'v.1', bindings });
        const taken = (): unknown => bindIn(store, 'v.2', { id: 'v.1', bindings });
        assert.doesNotThrow(taken, 'left by an attempt that was cut off before it held what it made');
        const settings = objectAt(store.state, branch('v.2', 'settings'))?.record;
        assert.ok(settings !== undefined);
        holdObject(store, settings, 'version:v.2');
        assert.throws(taken, /there is one of that name already/);
        const volume = volumeNamed(store.state, 'settings');
        assert.ok(volume !== null);
        makeObject(store, { volume, kind: 'branch', name: 'v.3', from: null });
        assert.throws(() => bindIn(store, 'v.3', { id: 'v.1', bindings }), /there is one of that name already/);
      });
    });
  });

  test(`case 120: ${on}: a fill that fails leaves no branch that takes up the space of the old root`, async () => {
    await withStore(kind, filesystem, ({ directory }) => {
      create(kind, directory);
      const full: Fill = (_, at) => {
        writeFileSync(join(at, 'from'), 'half');
        throw new SystemCallError('ENOSPC', 'write', at);
      };
      const failing = (store: Store): unknown => bindIn(store, 'v.1', null, { filling: full });
      assert.throws(() => changeStore(placeOf(kind, directory), failing), { code: 'ENOSPC' });
      readStore(placeOf(kind, directory), (store) => assert.deepEqual(contentsIn(store), {}));
    });
  });

  test(`case 120: ${on}: a version that was tried and is made again does not take the shared branch for left`, async () => {
    await withStore(kind, filesystem, ({ directory }) => {
      create(kind, directory);
      changeStore(placeOf(kind, directory), (store) => {
        const parent = { id: 'v.0', bindings: {} };
        bindIn(store, 'v.1', parent, { inParent: 'home' });
        store.backend.withContent(branch('main', 'home'), { writable: true }, (at) =>
          writeFileSync(join(at, 'from'), 'written during trial'),
        );
        const tried = { order: 2, at: '', from: 'migrating', to: 'trial', why: '', unknown: {} } as const;
        const again = bindIn(store, 'v.1', parent, { inParent: 'home', history: [tried] });
        assert.deepEqual(again.bindings, { home: 'v.1', settings: 'v.1' });
        const contents = { ...first, 'home/main': 'written during trial', 'home/v.1': '/home' };
        assert.deepEqual(contentsIn(store), contents);
      });
    });
  });

  test(`case 120: ${on}: killed while a branch is filled, the branch is not there`, async () => {
    await withStore(kind, filesystem, ({ directory }) => {
      create(kind, directory);
      for (const path of ['/home', '/etc/opt']) {
        const dying: Fill = (from, at) => {
          writeFileSync(join(at, 'from'), from.path === path ? 'half' : from.path);
          if (from.path === path) throw new Killed(`filling from ${path}`);
        };
        assert.throws(
          () => changeStore(placeOf(kind, directory), (store) => bindIn(store, 'v.1', null, { filling: dying })),
          Killed,
        );
        readStore(placeOf(kind, directory), (store) => requireFilled(store, 0));
      }
      changeStore(placeOf(kind, directory), (store) => {
        bindIn(store, 'v.1', null);
        assert.deepEqual(contentsIn(store), first);
      });
    });
  });

  test(`case 120: ${on}: killed before any change, no branch is there without its content, and doing it again makes all`, async (t) => {
    await withStore(kind, filesystem, ({ mountpoint }) => {
      let at = 1;
      for (let killed = true; killed; at += stride) {
        const directory = join(mountpoint, `killed-${at}`);
        mkdirSync(directory);
        create(kind, directory);
        killed = isKilled(kind, directory, at);
        readStore(placeOf(kind, directory), (store) => requireFilled(store, at));
        changeStore(placeOf(kind, directory), (store) => {
          bindIn(store, 'v.1', null);
          assert.deepEqual(contentsIn(store), first, `killed before change ${at}`);
        });
      }
      t.diagnostic(`about ${at} changes`);
      assert.ok(at > 20);
    });
  });
}

function isKilled(kind: BackendKind, directory: string, at: number): boolean {
  const place = placeOf(kind, directory, dyingSystem(at));
  return dies(() => changeStore(place, (store) => bindIn(store, 'v.1', null)));
}

/** What bindings would be made of has all of its content. */
function requireFilled(store: Store, at: number): void {
  for (const [volume, { branches }] of storedVolumes(store.state, { id: 'v.1', history: [] })) {
    for (const name of branches) {
      const place = branch(name, volume);
      const content = store.backend.withContent(place, { writable: false }, (directory) =>
        readFileSync(join(directory, 'from'), 'utf8'),
      );
      assert.equal(content, first[`${volume}/${name}` as keyof typeof first], `killed before change ${at}`);
    }
  }
}
