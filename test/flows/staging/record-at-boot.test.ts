import assert from 'node:assert/strict';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { type BootStep, recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { changeState } from '../../../src/flows/staging/change-version.ts';
import { recordInStore } from '../../../src/flows/store-of-boot.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { commitRoot, imageContent, inInitramfs, type Machine, withMachine } from './machine.ts';

const first = 'debian-12.1';
const precious = 'made by the boot\n';

async function withStaged(body: (machine: Machine, version: VersionRecord) => Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const image = await machine.import(machine.image('next', imageContent(13)));
    await body(machine, machine.stage({ image, parent: first }).version);
  });
}

function record(machine: Machine, version: string, step: BootStep, through?: System): Promise<string | null> {
  return recordAtBoot(inInitramfs(machine, through), storeKinds, { store: machine.store, version }, step);
}

test('a boot writes what it does: migrating, its root as a branch and as it was born, on trial', async () => {
  await withStaged(async (machine, { id, image }) => {
    assert.equal(await record(machine, id, { kind: 'migrating' }), null);
    assert.deepEqual([machine.version(id).state, machine.version(id).tries], ['migrating', 1]);
    commitRoot(machine, { id, image }, { 'etc/made': precious });
    assert.equal(await record(machine, id, { kind: 'committed' }), null);
    const { state, born, reason } = machine.version(id);
    assert.deepEqual([state, born, reason], ['trial', `born-${id}`, null]);
    assert.equal(machine.read('tag', `born-${id}`, 'etc/made'), precious);
    assert.deepEqual(
      machine.objects().filter((name) => name.includes(id)),
      [`born-${id}@system`, 'debian-13@system', `system/${id}`].map((name) => `${name} version:${id}`),
    );
    assert.deepEqual(machine.problems(), []);
    // Started again before it is said to be good, it counts a try and nothing else.
    const before = machine.objects();
    assert.equal(await record(machine, id, { kind: 'committed' }), null);
    assert.deepEqual([machine.version(id).state, machine.version(id).tries], ['trial', 2]);
    assert.deepEqual(machine.objects(), before);
  });
});

test('a migration that fails is recorded with its first reason, and a boot of it makes the version anew', async () => {
  await withStaged(async (machine, { id, image }) => {
    await record(machine, id, { kind: 'migrating' });
    assert.equal(await record(machine, id, { kind: 'failed', reason: 'no space is left' }), null);
    assert.equal(await record(machine, id, { kind: 'failed', reason: 'something later' }), null);
    assert.deepEqual([machine.version(id).state, machine.version(id).reason], ['failed', 'no space is left']);
    assert.equal(await record(machine, id, { kind: 'migrating' }), null);
    assert.equal(machine.version(id).state, 'migrating');
    commitRoot(machine, { id, image });
    assert.equal(await record(machine, id, { kind: 'committed' }), null);
    assert.equal(machine.version(id).state, 'trial');
    assert.equal(await record(machine, id, { kind: 'failed', reason: 'it did not come up' }), null);
    assert.equal(machine.version(id).reason, 'it did not come up');
  });
});

test('a boot that dies before it writes anything is recorded by the next one', async () => {
  await withStaged(async (machine, { id, image }) => {
    commitRoot(machine, { id, image });
    assert.equal(await record(machine, id, { kind: 'committed' }), null);
    assert.deepEqual([machine.version(id).state, machine.version(id).born], ['trial', `born-${id}`]);
  });
  await withStaged(async (machine, { id }) => {
    assert.equal(await record(machine, id, { kind: 'failed', reason: 'at once' }), null);
    assert.equal(machine.version(id).state, 'failed');
  });
});

test('killed before any changing call and started again, the committed root stays, and all of it is recorded', async () => {
  await withStaged(async (machine, staged) => {
    let version = staged;
    let at = 1;
    for (let isOver = false; !isOver; at += 1) {
      const { id, image } = version;
      const begun = await cutOff(machine, id, { kind: 'migrating' }, at);
      await record(machine, id, { kind: 'migrating' });
      assert.equal(machine.version(id).state, 'migrating', `call ${at}`);
      commitRoot(machine, { id, image }, { 'etc/made': precious });
      const committed = await cutOff(machine, id, { kind: 'committed' }, at);
      assert.deepEqual(
        machine.problems().filter((line) => !line.startsWith('foreign')),
        [],
        `call ${at}`,
      );
      assert.equal(machine.read('branch', id, 'etc/made'), precious, `call ${at}`);
      assert.equal(await record(machine, id, { kind: 'committed' }), null, `call ${at}`);
      assert.equal(machine.read('branch', id, 'etc/made'), precious, `call ${at}`);
      assert.equal(machine.read('tag', `born-${id}`, 'etc/made'), precious, `call ${at}`);
      assert.deepEqual([machine.version(id).state, machine.version(id).born], ['trial', `born-${id}`], `call ${at}`);
      const held = machine.objects().filter((name) => name.endsWith(`version:${id}`));
      assert.deepEqual(held.length, 3, `call ${at}: ${held.join()}`);
      assert.deepEqual(machine.problems(), [], `call ${at}`);
      isOver = begun && committed;
      version = next(machine, version);
    }
    assert.ok(at > 15, `only ${at} calls`);
  });
});

/** Returns whether it came to its end. */
async function cutOff(machine: Machine, id: string, step: BootStep, at: number): Promise<boolean> {
  const { system, isDead } = cutSystem({ at, moment: 'before' });
  await record(machine, id, step, system).catch((error) => {
    if (!isDead()) throw error;
  });
  return !isDead();
}

/** The same image staged once more, after the version on trial has failed. */
function next(machine: Machine, { id, image }: VersionRecord): VersionRecord {
  changeStore(machine.place, (store) => changeState(store, machine.version(id), ['failed'], 'for the test'));
  return machine.stage({ image, parent: first, force: true }).version;
}

const damages: Readonly<Record<string, (store: string, id: string) => void>> = {
  'has no store.json': (store) => rmSync(join(store, 'store.json')),
  'has a store.json that is none': (store) => writeFileSync(join(store, 'store.json'), '{"schema":'),
  'has a ledger that was cut in the middle': (store) => {
    const text = readFileSync(join(store, 'ledger.ndjson'), 'utf8');
    writeFileSync(join(store, 'ledger.ndjson'), text.slice(text.length / 2));
  },
  'has lost the last lines of its ledger': (store) => {
    const lines = readFileSync(join(store, 'ledger.ndjson'), 'utf8').split('\n');
    writeFileSync(join(store, 'ledger.ndjson'), `${lines.slice(0, 2).join('\n')}\n`);
  },
  'has no ledger': (store) => rmSync(join(store, 'ledger.ndjson')),
  'has no record of the version': (store, id) => rmSync(join(store, 'versions', `${id}.json`)),
  'has a record that is none': (store, id) => writeFileSync(join(store, 'versions', `${id}.json`), 'null'),
  'has a directory in the place of its lock': (store) => {
    rmSync(join(store, 'lock'));
    cpSync(join(store, 'versions'), join(store, 'lock'), { recursive: true });
  },
};

for (const [damage, doIt] of Object.entries(damages)) {
  test(`case 111: after the commit, a store that ${damage} is a message, and the root stays`, async () => {
    await withStaged(async (machine, { id, image }) => {
      await record(machine, id, { kind: 'migrating' });
      commitRoot(machine, { id, image }, { 'etc/made': precious });
      doIt(join(machine.top, 'migrate'), id);
      const message = await record(machine, id, { kind: 'committed' });
      assert.match(message ?? '', new RegExp(`^the store does not know that ${id} is committed: .`));
      assert.equal(machine.read('branch', id, 'etc/made'), precious);
      assert.ok(!existsSync(join(machine.work, 'run/store-top/migrate')), 'the store is still mounted');
    });
  });
}

test('case 111: a store whose device is gone is a message; a machine without a store has none', async () => {
  await withStaged(async (machine, { id }) => {
    const store = { device: 'LABEL=not-there', path: 'migrate' };
    const system = inInitramfs(machine);
    assert.match(
      (await recordAtBoot(system, storeKinds, { store, version: id }, { kind: 'committed' })) ?? '',
      /not-there/,
    );
    assert.equal(await recordInStore(system, storeKinds, { store: null, version: id }, { kind: 'committed' }), null);
  });
});
