import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { armLoader, refreshLoader } from '../../../../src/flows/loader/arm-loader.ts';
import { commitVersion } from '../../../../src/flows/loader/commit-version.ts';
import { reconcile } from '../../../../src/flows/loader/reconcile.ts';
import { migrateAtBoot } from '../../../../src/flows/migrate-at-boot.ts';
import { recordAtBoot } from '../../../../src/flows/record-at-boot.ts';
import { cancelReset } from '../../../../src/flows/reset/cancel-reset.ts';
import { confirmTotalAtBoot } from '../../../../src/flows/reset/total/confirm-at-boot.ts';
import { finishTotalAtBoot } from '../../../../src/flows/reset/total/finish-at-boot.ts';
import { versionCalled } from '../../../../src/flows/staging/change-version.ts';
import { dropVersion } from '../../../../src/flows/staging/drop-version.ts';
import { changeStore } from '../../../../src/store/open-store.ts';
import { migrate } from '../../../cli/run-migrate.ts';
import { storeKinds } from '../../../store/store-kinds.ts';
import { choices, first, stateOf, withLoaderMachine } from '../../loader/loader-machine.ts';
import { bootSystem, lineOf, storage } from '../../staging/boot-machine.ts';
import { imageContent, inInitramfs, type Machine, runningAs, withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, unmountAll } from './secrets.ts';

const events = { onMessage: () => undefined, onProgress: () => undefined, onPlan: () => undefined };

const fileOf = ({ top }: Machine): string => join(top, 'migrate/reset.json');

/** A total reset that a boot was confirmed to make, and was cut off. */
async function cutInSaving(machine: Machine): Promise<string> {
  await machine.import(machine.image('next', imageContent(13)), 'next');
  const version = askForTotal(machine, first, { image: 'next', isConfirmed: true });
  const request = { store: machine.store, version };
  assert.ok(await confirmTotalAtBoot(bootSystem(machine, lineOf(machine, version)), storeKinds, request));
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'migrating' }), null);
  assert.equal(resetOf(machine)?.state, 'saving');
  return version;
}

const withStarted = (body: (machine: Machine) => Promise<void>): Promise<void> =>
  withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    await body(machine);
  });

test('case 110: an update is staged, armed, booted and committed whatever is in the record of a reset', async () => {
  await withLoaderMachine(async ({ machine }) => {
    writeFileSync(fileOf(machine), '{}\n');
    await machine.import(machine.image('next', imageContent(13)), 'next');
    const { id } = machine.stage({ image: 'next', parent: first }).version;
    await armLoader(machine.place, choices);
    const line = `${lineOf(machine, id)} migrate.why=try`;
    await migrateAtBoot(bootSystem(machine, line), { ...storage, loaderKinds: choices }, events);
    unmountAll(machine);
    const running = machine.placeWith(runningAs(machine, id));
    await reconcile(running, choices);
    await commitVersion(running, choices, id);
    assert.deepEqual(await stateOf(machine), { good: id, trial: null, once: null });
    assert.equal(readFileSync(fileOf(machine), 'utf8'), '{}\n');
  });
});

test('case 110: a damaged record of a total reset stops its boot, and is dropped by migrate reset --cancel', async () => {
  await withStarted(async (machine) => {
    const cancel = () =>
      migrate(['reset', '--cancel'], { environment: { MIGRATE_STORE: join(machine.top, 'migrate') } });
    writeFileSync(fileOf(machine), '{}\n');
    assert.throws(() => resetOf(machine), { code: 'reset-record', advice: /migrate reset --cancel$/ });
    const alone = cancel();
    assert.deepEqual([alone.status, alone.stdout], [0, 'A damaged record of a total reset was dropped\n']);
    assert.equal(existsSync(fileOf(machine)), false);
    assert.match(cancel().stderr, /There is no reset to cancel/);

    await machine.import(machine.image('next', imageContent(13)), 'next');
    const id = askForTotal(machine, first, { image: 'next' });
    writeFileSync(fileOf(machine), '{}\n');
    assert.throws(() => lineOf(machine, id), { code: 'reset-record' });
    assert.doesNotMatch(lineOf(machine, first), /migrate\.reset/);
    assert.match(cancel().stdout, new RegExp(`dropped\n${id} is taken back`));
    assert.deepEqual(
      machine.versions().map((version) => version.id),
      [first],
    );
  });
});

test('the record of a reset goes with its version, or when that fails: what has its id next is staged', async () => {
  await withStarted(async (machine) => {
    const id = await cutInSaving(machine);
    const request = { store: machine.store, version: id };
    const failed = { kind: 'failed', reason: 'a test' } as const;
    assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, failed), null);
    assert.equal(resetOf(machine), null);
    changeStore(machine.place, (store) => dropVersion(store, versionCalled(store, id)));
    assert.equal(askForTotal(machine, first, { image: 'next' }), id);
    changeStore(machine.place, (store) => dropVersion(store, versionCalled(store, id)));
    assert.equal(resetOf(machine), null);
    assert.equal(machine.stage({ image: 'next', parent: first }).version.id, id);
  });
});

test('a record that was left by an older version of the same id neither stops an update nor destroys anything', async () => {
  await withStarted(async (machine) => {
    const id = await cutInSaving(machine);
    const left = readFileSync(fileOf(machine));
    changeStore(machine.place, (store) => dropVersion(store, versionCalled(store, id)));
    writeFileSync(fileOf(machine), left);
    assert.equal(machine.stage({ image: 'next', parent: first }).version.id, id);
    const objects = machine.objects();
    const request = { store: machine.store, version: id, storeKinds, loaderKinds: [], onMessage: () => undefined };
    await finishTotalAtBoot(inInitramfs(machine), request);
    assert.deepEqual([resetOf(machine)?.state, machine.objects()], ['saving', objects]);
  });
});

test('a reset that is cancelled after a cut leaves no version that is begun: the loader gives it up, and others are staged', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await cutInSaving(machine);
    await armLoader(machine.place, choices);
    assert.equal((await stateOf(machine)).trial?.version, id);
    assert.equal(cancelReset(machine.place).version?.id, id);
    assert.deepEqual([machine.version(id).state, resetOf(machine)], ['failed', null]);
    await refreshLoader(machine.place, choices);
    assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
    assert.equal(machine.stage({ image: 'next', parent: first, force: true }).version.state, 'armed');
  });
});
