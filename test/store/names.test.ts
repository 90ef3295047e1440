import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { volumeNamed } from '../../src/store/ledger-state.ts';
import { makeObject } from '../../src/store/make-object.ts';
import { makeVolume } from '../../src/store/make-volume.ts';
import { changeStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { StoreSandbox } from './store-sandbox.ts';

// Images in memory: nothing here is about what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

function dbOf({ state }: Store) {
  const db = volumeNamed(state, 'db');
  assert.ok(db !== null);
  return db;
}

const attempts: Readonly<Record<string, (store: Store, name: string) => unknown>> = {
  'a branch': (store, name) => makeObject(store, { volume: dbOf(store), kind: 'branch', name, from: null }),
  'a tag': (store, name) => {
    const from = store.state.objects.values().next().value?.record ?? null;
    return makeObject(store, { volume: dbOf(store), kind: 'tag', name, from });
  },
  'a volume': (store, name) => makeVolume(store, { name, class: 'data' }),
};

for (const [what, attempt] of Object.entries(attempts)) {
  test(`a name that no ledger can be read with is refused for ${what}, and nothing is written`, async () => {
    await withStore(async (sandbox) => {
      const before = ledgerOf(sandbox);
      for (const name of ['a/b', 'x:../y', '..', '', '.hidden', 'a b', 'r1.json', 'n'.repeat(121)]) {
        assert.throws(
          () => changeStore(sandbox.place, (store) => attempt(store, name)),
          { name: 'Failure', code: 'name', kind: 'input' },
          name,
        );
      }
      assert.equal(ledgerOf(sandbox), before);
      await sandbox.must('volume', 'ls');
    });
  });
}

test('what a ledger could not be read with again is not written to it', async () => {
  await withStore((sandbox) => {
    const before = ledgerOf(sandbox);
    changeStore(sandbox.place, (store) => {
      const object = store.state.objects.values().next().value?.record;
      assert.ok(object !== undefined);
      const wrong = { ...object, uuid: '0'.repeat(32), name: 'a/b' };
      assert.throws(() => store.append({ kind: 'begin', what: 'create', object: wrong }), TypeError);
    });
    assert.equal(ledgerOf(sandbox), before);
  });
});

async function withStore(body: (sandbox: StoreSandbox) => Promise<void> | void): Promise<void> {
  await withFilesystem('ext4', async (mountpoint) => {
    const sandbox = new StoreSandbox(mountpoint, 'overlay');
    await sandbox.renewEmpty();
    await sandbox.must('volume', 'create', 'db');
    await sandbox.must('volume', 'create', 'db/main');
    await body(sandbox);
  });
}

function ledgerOf({ directory }: StoreSandbox): string {
  return readFileSync(join(directory, 'ledger.ndjson'), 'utf8');
}
