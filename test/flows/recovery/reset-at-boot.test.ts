import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ResetMode } from '../../../src/domain/reset.ts';
import { armLoader, refreshLoader, requireSafeLoader } from '../../../src/flows/loader/arm-loader.ts';
import { commitVersion } from '../../../src/flows/loader/commit-version.ts';
import { setLoader } from '../../../src/flows/loader/set-loader.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { type ResetAtBoot, type ResetQuestion, resetAtBoot } from '../../../src/flows/recovery/reset-at-boot.ts';
import { readReset } from '../../../src/flows/reset/total/reset-record.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import { btrfsChanges } from '../../../src/storage/btrfs/change-source.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { makeVolume } from '../../../src/store/make-volume.ts';
import { changeStore, readStore } from '../../../src/store/open-store.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { choices, first, stateOf, withLoaderMachine } from '../loader/loader-machine.ts';
import {
  commitRoot,
  fill,
  imageContent,
  inInitramfs,
  type Machine,
  runningAs,
  withMachine,
} from '../staging/machine.ts';

const kinds = { storeKinds, loaderKinds: choices, changeSources: [btrfsChanges] };

/** A boot for a reset, with a person who answers; the question that was asked, null where none was. */
async function recovering(
  machine: Machine,
  mode: ResetMode,
  answer: boolean,
): Promise<{ readonly done: ResetAtBoot | null; readonly question: ResetQuestion | null }> {
  let question: ResetQuestion | null = null;
  const confirm = (asked: ResetQuestion): boolean => {
    question = asked;
    return answer;
  };
  const request = { mode, store: machine.store };
  const done = await resetAtBoot(inInitramfs(machine), kinds, request, { confirm });
  return { done, question };
}

/** The boot of a version, as far as the store hears of it. */
async function begin(machine: Machine, id: string, isCommitted: boolean): Promise<void> {
  const request = { store: machine.store, version: id };
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'migrating' }), null);
  if (!isCommitted) return;
  commitRoot(machine, machine.version(id));
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'committed' }), null);
}

async function stageNext(machine: Machine): Promise<string> {
  const image = await machine.import(machine.image('next', imageContent(13)));
  const { version } = machine.stage({ image, parent: first });
  await armLoader(machine.place, choices);
  return version.id;
}

test('a reset that is confirmed at the console is staged, and armed in the loader with its tries', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    for (const mode of ['config', 'system'] as const) {
      const { done, question } = await recovering(machine, mode, true);
      assert.deepEqual([question?.mode, question?.version.id], [mode, first]);
      const version = machine.version(done?.version.id ?? '');
      assert.deepEqual([version.state, version.parent, version.image], ['armed', first, 'debian-12']);
      assert.deepEqual(version.reset, { mode, keep: [] });
      assert.deepEqual(await stateOf(machine), {
        ...{ good: first, once: null },
        trial: { version: version.id, tries: 2, failed: false },
      });
      assert.match(readFileSync(join(directory, 'menu.cfg'), 'utf8'), new RegExp(`migrate\\.version=${version.id}`));
    }
    // The second one took the place of the first.
    assert.deepEqual(
      machine.versions().map(({ state }) => state),
      ['good', 'armed'],
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 114: without the word nothing is changed, neither in the store nor in the loader', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const staged = await stageNext(machine);
    const seen = (): unknown => [
      machine.versions(),
      machine.objects(),
      ['menu.cfg', 'env.a', 'env.b'].map((name) => readFileSync(join(directory, name), 'latin1')),
    ];
    const before = seen();
    for (const mode of ['config', 'system', 'total'] as const) {
      const { done, question } = await recovering(machine, mode, false);
      assert.equal(done, null);
      assert.equal(question?.version.id, first);
    }
    assert.deepEqual(seen(), before);
    assert.equal(machine.version(staged).state, 'armed');
  });
});

test('the question names the volumes that begin anew, with what they hold', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const classes = { app: 'config', db: 'state', srv: 'data' } as const;
    for (const [name, of] of Object.entries(classes)) {
      changeStore(machine.place, (store) => {
        makeObject(store, { volume: makeVolume(store, { name, class: of }), kind: 'branch', name: 'main', from: null });
      });
      fill(machine.pathOf('branch', 'main', name), { content: name });
    }
    const named = async (mode: ResetMode): Promise<string[]> =>
      ((await recovering(machine, mode, false)).question?.losses ?? []).map(({ name, bytes }) => `${name} ${bytes}`);
    assert.deepEqual(await named('config'), ['app 3']);
    assert.deepEqual(await named('system'), ['app 3', 'db 2']);
    assert.match((await named('total')).join(), /^app 3,db 2,srv 3,system \d+$/);
  });
});

test('a version that is gone back to, and had been good before, is what it was when its trial is left', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const next = await stageNext(machine);
    await begin(machine, next, true);
    const running = machine.placeWith(runningAs(machine, next));
    await commitVersion(running, choices, null);
    switchVersion(running, { direction: 'rollback', to: null, from: null, data: null });
    await armLoader(running, choices);
    const { done, question } = await recovering(machine, 'config', true);
    assert.equal(question?.version.id, next);
    assert.deepEqual([machine.version(first).state, machine.version(next).state], ['retired', 'good']);
    assert.equal((await stateOf(machine)).trial?.version, done?.version.id);
  });
});

test('a version on trial is left for a reset', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const making = await stageNext(machine);
    await begin(machine, making, false);
    const one = await recovering(machine, 'config', true);
    assert.equal(machine.version(making).state, 'failed');
    assert.match(machine.version(making).reason ?? '', /left for a reset/);
    const tried = one.done?.version.id ?? '';
    await begin(machine, tried, true);
    const two = await recovering(machine, 'system', true);
    assert.equal(two.question?.version.id, first);
    assert.equal(machine.version(tried).state, 'failed');
    assert.equal(machine.version(two.done?.version.id ?? '').parent, first);
    assert.deepEqual(machine.problems(), []);
  });
});

/** A machine with an update on trial, whose loader goes back to `first`. */
async function onTrial(machine: Machine): Promise<{ readonly id: string; readonly seen: () => Promise<unknown> }> {
  const id = await stageNext(machine);
  await begin(machine, id, true);
  const seen = async (): Promise<unknown> => [machine.versions(), await stateOf(machine)];
  return { id, seen };
}

test('a reset that is refused is so before it is asked for, and a version on trial goes on', async () => {
  await withFilesystem('ext4', (bootFilesystem) =>
    withMachine(async (machine) => {
      // Found as it was, it has no image to go back to.
      await machine.init(null);
      const directory = join(bootFilesystem, 'migrate');
      mkdirSync(directory);
      await setLoader(machine.place, choices, { kind: 'grub', directory, tries: 2 });
      const image = await machine.import(machine.image('next', imageContent(13)));
      const { version } = machine.stage({ image, parent: machine.versions()[0]?.id ?? '' });
      await armLoader(machine.place, choices);
      await begin(machine, version.id, true);
      const before = [machine.versions(), await stateOf(machine)];
      const confirm = (): boolean => assert.fail('It was asked for');
      const request = { mode: 'config', store: machine.store } as const;
      await assert.rejects(resetAtBoot(inInitramfs(machine), kinds, request, { confirm }), { code: 'no-image' });
      assert.deepEqual([machine.versions(), await stateOf(machine)], before);
      assert.equal(machine.version(version.id).state, 'trial');
    }),
  );
});

for (const mode of ['config', 'total'] as const) {
  test(`a version on trial goes on where the loader cannot be told of the reset (${mode}) that was asked for`, async () => {
    await withLoaderMachine(async ({ machine, directory }) => {
      const { id, seen } = await onTrial(machine);
      const before = await seen();
      const confirm = (): boolean => {
        // Nothing can be renamed to a directory.
        rmSync(join(directory, 'menu.cfg'));
        mkdirSync(join(directory, 'menu.cfg/in'), { recursive: true });
        return true;
      };
      const request = { mode, store: machine.store };
      await assert.rejects(resetAtBoot(inInitramfs(machine), kinds, request, { confirm }));
      assert.deepEqual(await seen(), before);
      assert.equal(machine.version(id).state, 'trial');
      assert.equal(
        readStore(machine.place, ({ files, system }) => readReset(files, system)),
        null,
      );
    });
  });
}

test('case 76: a version whose root has lost its kernel is reset all the same', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const root = machine.pathOf('branch', first);
    for (const name of ['boot', 'usr/lib/modules', 'etc']) rmSync(join(root, name), { recursive: true });
    const { done } = await recovering(machine, 'system', true);
    assert.equal((await stateOf(machine)).trial?.version, done?.version.id);
    const menu = readFileSync(join(directory, 'menu.cfg'), 'utf8');
    assert.match(menu, new RegExp(`--id 'migrate-version-${first}'`));
    // An update of it is still refused: it could not be gone back to.
    await assert.rejects(requireSafeLoader(machine.place, choices), { code: 'loader-unsafe' });
  });
});

test('a reset that destroys everything is confirmed by the word that was typed', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const { done, question } = await recovering(machine, 'total', true);
    const record = readStore(machine.place, ({ files, system }) => readReset(files, system));
    assert.deepEqual([record?.state, record?.version], ['confirmed', done?.version.id]);
    assert.deepEqual(record?.losses, question?.losses);
    assert.equal((await stateOf(machine)).trial?.version, done?.version.id);
  });
});

test('a machine without a loader, or with one that is unsafe, is not asked at all, and keeps what it has', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    await assert.rejects(recovering(machine, 'config', true), { code: 'no-loader' });
    assert.equal(machine.versions().length, 1);
  });
  await withLoaderMachine(async ({ machine, directory }) => {
    rmSync(join(directory, 'menu.cfg'));
    await assert.rejects(recovering(machine, 'config', true), { code: 'loader-unsafe' });
    assert.equal(machine.versions().length, 1);
    await refreshLoader(machine.place, choices);
    // Neither environment tells the good version: the store does.
    for (const name of ['env.a', 'env.b']) writeFileSync(join(directory, name), '');
    await assert.rejects(recovering(machine, 'config', true), { code: 'loader-unsafe' });
    await refreshLoader(machine.place, choices);
    assert.equal((await recovering(machine, 'config', true)).question?.version.id, first);
  });
});
