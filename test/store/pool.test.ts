import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../src/domain/bytes.ts';
import type { BackendKind } from '../../src/storage/backend.ts';
import { btrfsBackend } from '../../src/storage/btrfs/backend.ts';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import { createStore } from '../../src/store/create-store.ts';
import { readStore, withLockedStore } from '../../src/store/open-store.ts';
import { rebuildLedger } from '../../src/store/rebuild.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

const system = realSystem(['/bin/false']);

test('a store knows its pool, also when its ledger was lost', () =>
  withFilesystem('ext4', (mountpoint) => {
    const seen: (string | undefined)[] = [];
    const kind: BackendKind = {
      ...overlayBackend,
      open: (directory, through, pool) => {
        seen.push(pool);
        return overlayBackend.open(directory, through);
      },
    };
    const directory = join(mountpoint, 'store');
    mkdirSync(directory);
    const made = createStore(system, bytesOfText(directory), { kind, host: 'here', pool: 'vg0/pool' });
    const place = { system, directory: bytesOfText(directory), findKind: () => kind };
    assert.equal(made.pool, 'vg0/pool');
    assert.deepEqual(
      readStore(place, ({ state }) => state.identity),
      made,
    );
    rmSync(join(directory, 'ledger.ndjson'));
    withLockedStore(place, rebuildLedger);
    assert.deepEqual(
      readStore(place, ({ state }) => state.identity),
      made,
    );
    assert.deepEqual(seen, ['vg0/pool', 'vg0/pool', 'vg0/pool', 'vg0/pool']);
  }));

test('kinds of storage that keep objects in the store refuse a pool, and nothing is made', async () => {
  for (const kind of [btrfsBackend, overlayBackend]) {
    await withFilesystem('btrfs', (mountpoint) => {
      const refused = { code: 'pool', message: new RegExp(`${kind.name} keeps branches and tags in the directory`) };
      const directory = bytesOfText(mountpoint);
      assert.throws(() => createStore(system, directory, { kind, host: 'here', pool: 'vg0/pool' }), refused);
      createStore(system, directory, { kind, host: 'here' });
    });
  }
});
