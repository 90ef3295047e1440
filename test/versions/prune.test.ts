import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { VersionState } from '../../src/domain/version.ts';
import type { BackendKind } from '../../src/storage/backend.ts';
import { btrfsBackend } from '../../src/storage/btrfs/backend.ts';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import { holdObject, releaseObject } from '../../src/store/hold.ts';
import { displayObject, objectAt } from '../../src/store/ledger-state.ts';
import { changeStore, readStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { type PruningPlan, planPruning } from '../../src/versions/plan-pruning.ts';
import { type Pruned, prune } from '../../src/versions/prune.ts';
import { readWholeVersions } from '../../src/versions/records.ts';
import { dies } from '../apply/interruption.ts';
import { dyingSystem } from '../storage/dying-system.ts';
import { branch, tag, withStore } from '../storage/objects.ts';
import type { FilesystemKind } from '../system/loop-filesystem.ts';
import { makeVersions, placeOf } from './store-of-versions.ts';

const kinds = [
  [btrfsBackend, 'btrfs'],
  [overlayBackend, 'ext4'],
] as const;
const states: readonly VersionState[] = ['retired', 'retired', 'retired', 'good'];

/** Runs the body in a store with four versions, of which the last one runs. */
function withVersions(kind: BackendKind, on: FilesystemKind, body: (directory: string) => void): Promise<void> {
  return withStore(kind, on, ({ directory }) => {
    makeVersions(kind, directory, states);
    body(directory);
  });
}

/** The newest version runs. */
function plannedIn(store: Store, keep: number): PruningPlan {
  const records = readWholeVersions(store.files);
  return planPruning(store.state, { records, running: records.at(-1)?.id ?? null, keep });
}

function pruned(kind: BackendKind, directory: string, keep: number): Pruned {
  return changeStore(placeOf(kind, directory), (store) => prune(store, plannedIn(store, keep)));
}

/** All versions, and all that is in ledger and storage, as a person calls it. */
function contentOf(kind: BackendKind, directory: string): { versions: string[]; ledger: string[]; storage: string[] } {
  return readStore(placeOf(kind, directory), (store) => ({
    versions: readWholeVersions(store.files).map(({ id, removing }) => `${id}${removing ? ' removing' : ''}`),
    ledger: [...store.state.objects.values()].map(({ record }) => displayObject(store.state, record)).sort(),
    storage: store.backend.list().map(({ place }) => `${place.volume} ${place.kind} ${place.name}`),
  }));
}

const ofVersion = (id: string, order: number): string[] => [
  `born-${id}@system`,
  `image-${order}@system`,
  `settings/${id}`,
  `system/${id}`,
];

/** Every place where a run can be killed, or every fifth. */
const stride = process.env['MIGRATE_KILLS'] === 'all' ? 1 : 5;
/** Fewer than elsewhere: each place takes a store of its own. */
const three: readonly VersionState[] = ['retired', 'retired', 'good'];

/** Prunes in a new store until the program is killed before its change of that number; false where it got to its end. */
function isKilled(kind: BackendKind, directory: string, at: number): boolean {
  mkdirSync(directory);
  makeVersions(kind, directory, three);
  const place = placeOf(kind, directory, dyingSystem(at));
  return dies(() => changeStore(place, (store) => prune(store, plannedIn(store, 1))));
}

for (const [kind, filesystem] of kinds) {
  const on = `${kind.name} on ${filesystem}`;

  test(`${on}: versions go with their roots, tags, own branches, images and records; what is shared stays`, async () => {
    await withVersions(kind, filesystem, (directory) => {
      const before = contentOf(kind, directory);
      const { removed, refused } = pruned(kind, directory, 2);
      assert.deepEqual(refused, []);
      const after = contentOf(kind, directory);
      assert.deepEqual(after.versions, ['v.3', 'v.4']);
      const gone = new Set([...ofVersion('v.1', 1), ...ofVersion('v.2', 2)]);
      assert.deepEqual(
        after.ledger,
        before.ledger.filter((name) => !gone.has(name)),
      );
      assert.equal(removed.length, gone.size);
      assert.equal(after.storage.length, before.storage.length - gone.size);
      readStore(placeOf(kind, directory), ({ state }) => {
        const home = objectAt(state, branch('main', 'home'))?.record;
        assert.deepEqual(home?.holds, ['version:v.3', 'version:v.4'], 'holds of versions that are gone are gone');
      });
      assert.deepEqual(pruned(kind, directory, 2), { removed: [], refused: [] });
    });
  });

  test(`case 65: ${on}: killed before any of its changes, pruning goes on where it was; what stays is never touched`, async (t) => {
    await withStore(kind, filesystem, ({ directory: first, mountpoint }) => {
      makeVersions(kind, first, three);
      pruned(kind, first, 1);
      const wanted = contentOf(kind, first);
      assert.deepEqual(wanted.versions, ['v.2', 'v.3']);
      let at = 1;
      for (let killed = true; killed; at += stride) {
        const directory = join(mountpoint, `killed-${at}`);
        killed = isKilled(kind, directory, at);
        const staying = contentOf(kind, directory).ledger.filter((name) => wanted.ledger.includes(name));
        assert.deepEqual(staying, wanted.ledger, `killed before change ${at}`);
        pruned(kind, directory, 1);
        assert.deepEqual(contentOf(kind, directory), wanted, `killed before change ${at}`);
      }
      assert.ok(at > 40, `${at} steps`);
      t.diagnostic(`killed at every ${stride}. of about ${at} steps`);
    });
  });

  test(`case 125: ${on}: what bears a version's name and was made for another purpose stays, and is named`, async () => {
    await withVersions(kind, filesystem, (directory) => {
      changeStore(placeOf(kind, directory), (store) => {
        const root = objectAt(store.state, branch('v.1', 'system'))?.record;
        const image = objectAt(store.state, tag('image-1', 'system'))?.record;
        assert.ok(root !== undefined && image !== undefined);
        releaseObject(store, root, 'version:v.1');
        holdObject(store, image, 'user');
      });
      const { kept } = readStore(placeOf(kind, directory), (store) => plannedIn(store, 3));
      assert.deepEqual(
        kept.map(({ place, why }) => `${place.kind} ${place.name}: ${why}`),
        ['branch v.1: it is not the one that v.1 was made with', 'tag image-1: it is held for user'],
      );
      pruned(kind, directory, 3);
      const { versions, ledger } = contentOf(kind, directory);
      assert.deepEqual(versions, ['v.2', 'v.3', 'v.4']);
      assert.ok(ledger.includes('system/v.1') && ledger.includes('image-1@system'));
      assert.ok(!ledger.includes('settings/v.1') && !ledger.includes('born-v.1@system'));
    });
  });

  test(`${on}: what the storage refuses to remove keeps the record, and goes when it can`, async () => {
    await withVersions(kind, filesystem, (directory) => {
      const refused = withBusyRoot(kind, directory, () => pruned(kind, directory, 3).refused);
      assert.deepEqual(
        refused.map(({ place }) => `${place.volume} ${place.name}`),
        ['system v.1'],
      );
      assert.deepEqual(contentOf(kind, directory).versions, ['v.1 removing', 'v.2', 'v.3', 'v.4']);
      assert.deepEqual(pruned(kind, directory, 3).refused, []);
      assert.deepEqual(contentOf(kind, directory).versions, ['v.2', 'v.3', 'v.4']);
    });
  });

  test(`${on}: where a record cannot be read nothing goes: what it refers to is not known`, async () => {
    await withVersions(kind, filesystem, (directory) => {
      writeFileSync(join(directory, 'versions/v.2.json'), '{');
      const before = readdirSync(join(directory, 'volumes/system/branches'));
      assert.throws(() => pruned(kind, directory, 0), { code: 'version-record' });
      assert.deepEqual(readdirSync(join(directory, 'volumes/system/branches')), before);
    });
  });
}

/** Runs the body while the root of the first version is mounted. */
function withBusyRoot<Result>(kind: BackendKind, directory: string, body: () => Result): Result {
  const { backend } = readStore(placeOf(kind, directory), ({ backend }) => ({ backend }));
  return backend.withContent(branch('v.1', 'system'), { writable: false }, body);
}
