import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ObjectRecord } from '../../src/domain/volume.ts';
import { adoptObject } from '../../src/store/adopt-object.ts';
import { volumeNamed } from '../../src/store/ledger-state.ts';
import { changeStore } from '../../src/store/open-store.ts';
import type { System } from '../../src/system/system.ts';
import { system as real } from '../storage/objects.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { cutSystem } from './cut-system.ts';
import { StoreSandbox } from './store-sandbox.ts';

// Images in memory: nothing here is about what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** A store with a volume `db`, and in the place of its branch `found` a subvolume that the store did not make. */
async function withFound(body: (sandbox: StoreSandbox, found: string) => Promise<void> | void): Promise<void> {
  await withFilesystem('btrfs', async (mountpoint) => {
    const sandbox = new StoreSandbox(mountpoint, 'btrfs');
    await lay(sandbox);
    await body(sandbox, foundIn(sandbox));
  });
}

async function lay(sandbox: StoreSandbox): Promise<void> {
  await sandbox.renewEmpty();
  await sandbox.must('volume', 'create', 'db');
  await sandbox.must('volume', 'create', 'db/main');
  execFileSync('btrfs', ['-q', 'subvolume', 'create', foundIn(sandbox)]);
  writeFileSync(join(foundIn(sandbox), 'precious'), 'data');
}

const foundIn = ({ directory }: StoreSandbox): string => join(directory, 'volumes/db/branches/found');

function adopt(sandbox: StoreSandbox, name = 'found', through: System = real): ObjectRecord {
  return changeStore(sandbox.placeWith(through), (store) => {
    const volume = volumeNamed(store.state, 'db');
    assert.ok(volume !== null);
    return adoptObject(store, { volume, kind: 'branch', name, from: null, notes: { purpose: 'found' } });
  });
}

test('what lies in the place of a branch becomes one, with its content, and again it is the same', async () => {
  await withFound((sandbox, found) => {
    const object = adopt(sandbox);
    assert.deepEqual([object.kind, object.name, object.notes], ['branch', 'found', { purpose: 'found' }]);
    assert.deepEqual(sandbox.state(), ['branch db/found', 'branch db/main', 'data db']);
    assert.equal(readFileSync(join(found, 'precious'), 'utf8'), 'data');
    const ledger = readFileSync(join(sandbox.directory, 'ledger.ndjson'), 'utf8');
    assert.deepEqual(adopt(sandbox), object);
    assert.equal(readFileSync(join(sandbox.directory, 'ledger.ndjson'), 'utf8'), ledger);
  });
});

test('an adopted branch is known by the record beside it when the ledger is lost', async () => {
  await withFound(async (sandbox, found) => {
    const { uuid } = adopt(sandbox);
    execFileSync('rm', [join(sandbox.directory, 'ledger.ndjson')]);
    await sandbox.run(['volume', 'fsck', '--repair']);
    assert.equal(adopt(sandbox).uuid, uuid);
    assert.equal(readFileSync(join(found, 'precious'), 'utf8'), 'data');
  });
});

test('nothing, what has another record, and what is no subvolume are refused, and stay', async () => {
  await withFound((sandbox, found) => {
    assert.throws(() => adopt(sandbox, 'nothing'), {
      code: 'no-object',
      message: /db\/nothing.*nothing lies in its place/,
    });
    mkdirSync(join(found, '../directory'));
    writeFileSync(join(found, '../directory/precious'), 'data');
    assert.throws(() => adopt(sandbox, 'directory'), { name: 'Failure' });
    changeStore(sandbox.place, () => undefined);
    assert.equal(readFileSync(join(found, '../directory/precious'), 'utf8'), 'data');
    execFileSync('cp', [`${join(found, '../main')}.json`, `${found}.json`]);
    assert.throws(() => adopt(sandbox), { code: 'exists' });
    assert.equal(readFileSync(join(found, 'precious'), 'utf8'), 'data');
    assert.deepEqual(sandbox.state(), ['branch db/main', 'data db']);
  });
});

test('killed before or in any changing call, what lies there is never removed, and is adopted by the next attempt', async () => {
  await withFound(async (sandbox) => {
    for (const moment of ['before', 'during'] as const) {
      let at = 1;
      for (let isOver = false; !isOver; at += 1) {
        await lay(sandbox);
        const { system, isDead } = cutSystem({ at, moment });
        try {
          adopt(sandbox, 'found', system);
        } catch (error) {
          if (!isDead()) throw error;
        }
        isOver = !isDead();
        changeStore(sandbox.place, () => undefined);
        assert.equal(readFileSync(join(foundIn(sandbox), 'precious'), 'utf8'), 'data', `${moment} call ${at}`);
        adopt(sandbox);
        assert.equal(readFileSync(join(foundIn(sandbox), 'precious'), 'utf8'), 'data', `${moment} call ${at}`);
        assert.deepEqual(sandbox.state(), ['branch db/found', 'branch db/main', 'data db'], `${moment} call ${at}`);
      }
      assert.ok(at > 5, `only ${at} calls`);
    }
  });
});
