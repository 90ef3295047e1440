import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import { grub } from '../../../src/boot/grub/loader.ts';
import { startFilesIn } from '../../../src/boot/grub/menu.ts';
import {
  armLoader,
  armStaged,
  refreshLoader,
  requireSafeLoader,
  requireSafeSwitch,
} from '../../../src/flows/loader/arm-loader.ts';
import { commitVersion } from '../../../src/flows/loader/commit-version.ts';
import { examine } from '../../../src/flows/loader/examine.ts';
import { reconcile } from '../../../src/flows/loader/reconcile.ts';
import { requireCounted } from '../../../src/flows/loader/require-counted.ts';
import { updateIfSet } from '../../../src/flows/loader/update-if-set.ts';
import { loaderOf, withLoader } from '../../../src/flows/loader/with-loader.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import type { System } from '../../../src/system/system.ts';
import { intercept, methodOf } from '../../apply/interruption.ts';
import { system } from '../../storage/objects.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import {
  commitRoot,
  fill,
  imageContent,
  inInitramfs,
  type Machine,
  runningAs,
  withMachine,
} from '../staging/machine.ts';
import { choices, first, stateOf, withLoaderMachine } from './loader-machine.ts';

/** What GRUB does when it has tried the version as often as it may. */
async function giveUp({ place }: Machine): Promise<void> {
  const known = await loaderOf(place, choices);
  assert.ok(known !== null);
  withLoader(known, ({ loader }) => {
    const state = loader.read();
    assert.ok(state.trial !== null);
    loader.write({ ...state, trial: { ...state.trial, tries: 0, failed: true } });
  });
}

/** What lies in a directory, and since when. */
const treeOf = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .toSorted()
    .map((name) => `${name} ${statSync(join(directory, name)).ctimeMs}`);

async function stageNext(machine: Machine): Promise<string> {
  const image = await machine.import(machine.image('next', imageContent(13)));
  const { version } = machine.stage({ image, parent: first });
  await armLoader(machine.place, choices);
  return version.id;
}

/** The boot that makes it, as far as the store hears of it. */
async function boot(machine: Machine, id: string): Promise<void> {
  const request = { store: machine.store, version: id };
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'migrating' }), null);
  commitRoot(machine, machine.version(id));
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'committed' }), null);
}

const filesOf = (directory: string, version: string): readonly string[] =>
  readdirSync(join(directory, 'versions', version)).map((name) =>
    readFileSync(join(directory, 'versions', version, name), 'utf8'),
  );

test('a version on trial is counted by the loader, and its kernel lies where the loader reads it', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
    assert.deepEqual(filesOf(directory, first), ['initramfs 12', 'kernel 12']);
    const id = await stageNext(machine);
    assert.deepEqual(await stateOf(machine), {
      ...{ good: first, once: null },
      trial: { version: id, tries: 2, failed: false },
    });
    assert.deepEqual(filesOf(directory, id), ['initramfs 13', 'kernel 13']);
    const menu = readFileSync(join(directory, 'menu.cfg'), 'utf8');
    assert.match(menu, /migrate\.run/);
    assert.match(menu, /'panic=10'|panic=10/);
    await boot(machine, id);
    const committed = await commitVersion(machine.placeWith(runningAs(machine, id)), choices, null);
    assert.deepEqual([committed.version.id, committed.retired], [id, [first]]);
    assert.deepEqual(await stateOf(machine), { good: id, trial: null, once: null });
    const after = readFileSync(join(directory, 'menu.cfg'), 'utf8');
    assert.doesNotMatch(after, /migrate\.run/);
    assert.match(after, new RegExp(`${first} \\(retired since`));
    assert.deepEqual(filesOf(directory, id), ['initramfs 13', 'kernel 13']);
  });
});

test('case 106: a version that the loader has given up is failed for the store, and the loader is disarmed', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    await giveUp(machine);
    const found = await reconcile(machine.placeWith(runningAs(machine, first)), choices);
    assert.deepEqual(found?.failed, { version: id, why: 'none of its 2 starts came to be good' });
    assert.equal(machine.version(id).state, 'failed');
    assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
    assert.equal(existsSync(join(directory, 'versions', id)), false);
    // Said again, nothing is done anew.
    assert.equal((await reconcile(machine.placeWith(runningAs(machine, first)), choices))?.failed, null);
  });
});

test('a trial that goes on keeps the starts that are left', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    const known = await loaderOf(machine.place, choices);
    assert.ok(known !== null);
    withLoader(known, ({ loader }) =>
      loader.write({ ...loader.read(), trial: { version: id, tries: 1, failed: false } }),
    );
    await boot(machine, id);
    const found = await reconcile(machine.placeWith(runningAs(machine, id)), choices);
    assert.deepEqual([found?.failed, found?.committed], [null, null]);
    assert.deepEqual((await stateOf(machine)).trial, { version: id, tries: 1, failed: false });
  });
});

test('case 104: a commit that was cut off between loader and store is finished by the next boot', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    const known = await loaderOf(machine.place, choices);
    assert.ok(known !== null);
    withLoader(known, ({ loader }) => loader.write({ good: id, trial: null, once: null }));
    const found = await reconcile(machine.placeWith(runningAs(machine, id)), choices);
    assert.equal(found?.committed, id);
    assert.deepEqual([machine.version(id).state, machine.version(first).state], ['good', 'retired']);
  });
});

test('case 104: nothing is good for the store where the loader could not be told', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    const failing: System = {
      ...runningAs(machine, id),
      mounts: {
        ...runningAs(machine, id).mounts,
        checkpoint: () => {
          throw Object.assign(new Error('EIO'), { code: 'EIO' });
        },
      },
    };
    await assert.rejects(commitVersion(machine.placeWith(failing), choices, null), /EIO/);
    assert.equal(machine.version(id).state, 'trial');
  });
});

test('a rollback is a trial of the older version, from which the loader comes back', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    const running = machine.placeWith(runningAs(machine, id));
    await commitVersion(running, choices, null);
    switchVersion(running, { direction: 'rollback', to: null, from: null, data: null });
    await armLoader(running, choices);
    assert.deepEqual(await stateOf(machine), {
      ...{ good: id, once: null },
      trial: { version: first, tries: 2, failed: false },
    });
  });
});

test('a trial that is left for the good version needs none of its own', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    const running = machine.placeWith(runningAs(machine, id));
    switchVersion(running, { direction: 'rollback', to: null, from: null, data: null });
    await armLoader(running, choices);
    assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
    const found = await reconcile(machine.placeWith(runningAs(machine, first)), choices);
    assert.equal(found?.committed, first);
    assert.equal(machine.version(first).state, 'good');
  });
});

test('case 105: a start that the loader has not counted is refused', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    const withLine = (line: string): System => {
      const initramfs = inInitramfs(machine);
      return { ...initramfs, readFile: (path) => (path === '/proc/cmdline' ? line : initramfs.readFile(path)) };
    };
    const request = { store: machine.store, version: id };
    const kinds = { storeKinds, loaderKinds: choices };
    await requireCounted(withLine('migrate.run migrate.why=try\n'), kinds, request);
    for (const line of ['migrate.run\n', 'migrate.run migrate.why=env-readonly\n']) {
      await assert.rejects(requireCounted(withLine(line), kinds, request), { code: 'not-counted' });
    }
    // What the entry says is not all that some kinds know.
    const asked = { name: 'grub', load: async () => ({ ...grub, whyNotCounted: () => 'it says so' }) };
    await assert.rejects(
      requireCounted(withLine('migrate.run migrate.why=try\n'), { storeKinds, loaderKinds: [asked] }, request),
      { code: 'not-counted', message: /has not counted this start: it says so$/ },
    );
    await assert.rejects(requireCounted(withLine('migrate.run migrate.why=try\n'), { storeKinds }, request), {
      code: 'no-loader',
    });
  });
});

test('case 105: what would keep the loader from counting is found, and stops a trial', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const keys = async (): Promise<string[]> =>
      examine(machine.place, await loaderOf(machine.place, choices)).map(({ key }) => key);
    const before = await keys();
    await requireSafeLoader(machine.place, choices);
    rmSync(join(directory, 'menu.cfg'));
    assert.deepEqual(
      (await keys()).filter((key) => !before.includes(key)),
      ['menu-missing'],
    );
    await assert.rejects(requireSafeLoader(machine.place, choices), { code: 'loader-unsafe', message: /menu/ });
  });
});

test('a kernel that a package manager has brought comes to the loader; without a store or a loader there is nothing to do', async () => {
  const nowhere = { directory: '/run/no-store-there', storeKinds };
  assert.equal(await updateIfSet(system, nowhere, choices), null);
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const store = { directory: join(machine.top, 'migrate'), storeKinds };
    assert.equal(await updateIfSet(system, store, choices), null);
  });
  await withLoaderMachine(async ({ machine, directory }) => {
    const root = machine.pathOf('branch', first);
    fill(root, imageContent(14));
    await updateIfSet(system, { directory: join(machine.top, 'migrate'), storeKinds }, choices);
    assert.deepEqual(filesOf(directory, first).toSorted(), ['initramfs 12', 'initramfs 14', 'kernel 12', 'kernel 14']);
  });
});

test('the kernel that a new one of the good version came after can be started as long as its root keeps it', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const root = machine.pathOf('branch', first);
    const request = { directory: join(machine.top, 'migrate'), storeKinds };
    const menu = (): string => readFileSync(join(directory, 'menu.cfg'), 'utf8');
    assert.doesNotMatch(menu(), /previous kernel/);
    fill(root, imageContent(14));
    fill(root, imageContent(13));
    await updateIfSet(system, request, choices);
    assert.match(menu(), new RegExp(`'${first} with its previous kernel, 6\\.13'`));
    assert.match(menu(), new RegExp(`'${first} \\(good since`));
    for (const removed of ['boot/vmlinuz-6.13', 'boot/vmlinuz-6.12']) rmSync(join(root, removed));
    await updateIfSet(system, request, choices);
    assert.doesNotMatch(menu(), /previous kernel/);
    assert.deepEqual(filesOf(directory, first), ['initramfs 14', 'kernel 14']);
  });
});

test('where the loader has no room for the previous kernel too, it says so, and the newest starts', async () => {
  await withLoaderMachine(
    async ({ machine, directory }) => {
      const root = machine.pathOf('branch', first);
      fill(root, imageContent(12, { 'boot/vmlinuz-6.12': mebibytes(16) }));
      fill(root, imageContent(14, { 'boot/vmlinuz-6.14': mebibytes(20) }));
      const updated = await refreshLoader(machine.place, choices);
      assert.match(updated?.notes.join() ?? '', /The previous kernel is not in the menu: .* MiB are free/);
      assert.equal(filesOf(directory, first).length, 2);
      assert.deepEqual((await stateOf(machine)).good, first);
    },
    { size: '36M' },
  );
});

/** A good version with two kernels beside the loader, which has no room for a third. */
async function withPreviousKernel(
  body: (machine: Machine, directory: string, menu: () => string) => Promise<void>,
): Promise<void> {
  await withLoaderMachine(
    async ({ machine, directory }) => {
      const menu = (): string => readFileSync(join(directory, 'menu.cfg'), 'utf8');
      const root = machine.pathOf('branch', first);
      fill(root, imageContent(12, { 'boot/vmlinuz-6.12': mebibytes(14) }));
      fill(root, imageContent(13, { 'boot/vmlinuz-6.13': mebibytes(15) }));
      const { notes } = (await refreshLoader(machine.place, choices)) ?? { notes: ['no loader'] };
      assert.doesNotMatch(notes.join(), /previous kernel/);
      assert.match(menu(), /with its previous kernel, 6\.12'/);
      await body(machine, directory, menu);
    },
    { size: '64M' },
  );
}

test('the previous kernel of the good version gives way to a trial', async () => {
  await withPreviousKernel(async (machine, directory, menu) => {
    const image = await machine.import(machine.image('next', imageContent(14, { 'boot/vmlinuz-6.14': mebibytes(27) })));
    const { id } = machine.stage({ image, parent: first }).version;
    const armed = await armLoader(machine.place, choices);
    assert.match(armed?.notes.join() ?? '', /The previous kernel is not in the menu: .* MiB are free/);
    assert.deepEqual((await stateOf(machine)).trial, { version: id, tries: 2, failed: false });
    assert.doesNotMatch(menu(), /previous kernel/);
    assert.equal(filesOf(directory, first).length, 2);
  });
});

test('the kernel before the previous one gives way to a new one of the good version; the one that starts stays until it does', async () => {
  await withPreviousKernel(async (machine, directory, menu) => {
    const before = menu();
    fill(machine.pathOf('branch', first), imageContent(14, { 'boot/vmlinuz-6.14': mebibytes(27) }));
    const removed: string[] = [];
    const watched: System = {
      ...system,
      openRoot: (at, options) => {
        const files = system.openRoot(at, options);
        const unlink = methodOf(files, 'unlink');
        intercept(files, 'unlink', (args) => {
          if (menu() === before) removed.push(basename(String(args[0])));
          return unlink(args);
        });
        return files;
      },
    };
    await refreshLoader(machine.placeWith(watched), choices);
    const started = [...startFilesIn(before)].map((path) => basename(path));
    assert.equal(started.length, 2);
    assert.equal(removed.filter((name) => /^(linux|initrd)-/.test(name)).length, 2);
    assert.deepEqual(
      removed.filter((name) => started.includes(name)),
      [],
    );
    assert.notEqual(menu(), before);
    assert.match(menu(), /with its previous kernel, 6\.13'/);
    assert.equal(filesOf(directory, first).length, 4);
  });
});

test('of two that change the loader at once one waits, and is told where it waits in vain', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    const store = machine.place.system.openRoot(machine.place.directory);
    const release = store.lock('/loader.lock', 1);
    assert.ok(release !== null);
    const impatient: System = {
      ...runningAs(machine, id),
      openRoot: (directory, options) => {
        const files = machine.place.system.openRoot(directory, options);
        const lock = methodOf(files, 'lock');
        intercept(files, 'lock', ([path]) => lock([path, 1]));
        return files;
      },
    };
    const busy = { code: 'loader-busy' };
    await assert.rejects(commitVersion(machine.placeWith(impatient), choices, null), busy);
    assert.equal(machine.version(id).state, 'trial');
    release();
    store.close();
    await commitVersion(machine.placeWith(runningAs(machine, id)), choices, null);
    assert.equal(machine.version(id).state, 'good');
  });
});

test('case 102: a loader that has lost its state is told anew', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await stageNext(machine);
    for (const name of ['env.a', 'env.b']) writeFileSync(join(directory, name), '');
    await assert.rejects(stateOf(machine), { code: 'loader-damaged' });
    const found = await reconcile(machine.placeWith(runningAs(machine, first)), choices);
    assert.match(found?.notes.join() ?? '', /written anew/);
    assert.deepEqual(await stateOf(machine), {
      ...{ good: first, once: null },
      trial: { version: id, tries: 2, failed: false },
    });
  });
});

test('case 102: what was damaged and is whole again is told of at that boot, and at no other', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    await stageNext(machine);
    const running = machine.placeWith(runningAs(machine, first));
    rmSync(join(directory, 'menu.cfg'));
    const told = async (): Promise<readonly string[] | undefined> =>
      (await reconcile(running, choices))?.notes.filter((note) => note.startsWith('Mended'));
    assert.deepEqual(await told(), ["Mended: GRUB's menu menu.cfg is missing"]);
    assert.ok(existsSync(join(directory, 'menu.cfg')));
    assert.deepEqual(await told(), []);
  });
});

test('case 104: a commit that was cut off between the menu and the environments is finished by the next boot', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    const system = runningAs(machine, id);
    const records = [id, first].map((version) => join(machine.top, 'migrate/versions', `${version}.json`));
    const later = [...records, join(directory, 'env.a'), join(directory, 'env.b')];
    const before = later.map((path) => readFileSync(path));
    await commitVersion(machine.placeWith(system), choices, null);
    for (const [index, path] of later.entries()) writeFileSync(path, before[index] ?? '');
    const found = await reconcile(machine.placeWith(system), choices);
    assert.equal(found?.committed, id);
    const mended = `Mended: GRUB's menu has ${id} as the good version, and its environments have it on trial still`;
    assert.equal(found?.notes[0], mended);
    assert.deepEqual([machine.version(id).state, machine.version(first).state], ['good', 'retired']);
    rmSync(join(directory, 'menu.cfg'));
    assert.deepEqual(await stateOf(machine), { good: id, trial: null, once: null });
  });
});

test('case 104: a commit that was cut off between the two environments is whole after the next boot', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    const system = runningAs(machine, id);
    const copy = (name: string): Buffer => readFileSync(join(directory, name));
    const before = { a: copy('env.a'), b: copy('env.b') };
    await commitVersion(machine.placeWith(system), choices, null);
    const newest = /migrate_generation=(\d+)/;
    const [a, b] = ['env.a', 'env.b'].map((name) => Number(newest.exec(copy(name).toString())?.[1]));
    assert.ok(a !== undefined && b !== undefined && a !== b);
    // The older of the two was written first.
    const [name, old] = a > b ? ['env.a', before.a] : ['env.b', before.b];
    writeFileSync(join(directory, name), old);
    const found = await reconcile(machine.placeWith(system), choices);
    assert.match(found?.notes.join() ?? '', /^Mended: GRUB's environments differ: were env\.[ab] lost/);
    assert.deepEqual((await reconcile(machine.placeWith(system), choices))?.notes, []);
    rmSync(join(directory, name === 'env.a' ? 'env.b' : 'env.a'));
    assert.deepEqual(await stateOf(machine), { good: id, trial: null, once: null });
  });
});

const mebibytes = (count: number): string => 'x'.repeat(count * 2 ** 20);

test('a version for whose kernel the loader has no room is not staged, and the loader is as it was', async () => {
  await withLoaderMachine(
    async ({ machine, directory }) => {
      const image = await machine.import(
        machine.image('next', imageContent(13, { 'boot/vmlinuz-6.13': mebibytes(40) })),
      );
      const { version } = machine.stage({ image, parent: first });
      await assert.rejects(armStaged(machine.place, choices, version), { code: 'no-boot-space', message: /debian-13/ });
      assert.deepEqual(
        machine.versions().map(({ id }) => id),
        [first],
      );
      assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
      assert.deepEqual(readdirSync(join(directory, 'versions')), [first]);
    },
    { size: '32M' },
  );
});

test('where the loader has no room for all, older versions give way to the good one and the one on trial', async () => {
  await withLoaderMachine(
    async ({ machine, directory }) => {
      const next = await stageNext(machine);
      await boot(machine, next);
      await commitVersion(machine.placeWith(runningAs(machine, next)), choices, null);
      // The kernel of the version that only may be in the menu has grown.
      fill(machine.pathOf('branch', first), imageContent(12, { 'boot/vmlinuz-6.12': mebibytes(20) }));
      await refreshLoader(machine.place, choices);
      assert.deepEqual(readdirSync(join(directory, 'versions')), [first, next]);
      fill(machine.pathOf('branch', next), imageContent(13, { 'boot/vmlinuz-6.13': mebibytes(40) }));
      const updated = await refreshLoader(machine.place, choices);
      assert.match(updated?.notes.join() ?? '', new RegExp(`^${first} is not in the menu: .* MiB are free`));
      assert.deepEqual(readdirSync(join(directory, 'versions')), [next]);
      assert.doesNotMatch(readFileSync(join(directory, 'menu.cfg'), 'utf8'), new RegExp(first));
    },
    { size: '64M' },
  );
});

test('a trial whose kernel has outgrown the loader is not tried, and the good version starts with its own new one', async () => {
  await withLoaderMachine(
    async ({ machine }) => {
      const next = await stageNext(machine);
      await boot(machine, next);
      fill(machine.pathOf('branch', next), imageContent(13, { 'boot/vmlinuz-6.13': mebibytes(60) }));
      const updated = await refreshLoader(machine.place, choices);
      assert.match(updated?.notes.join() ?? '', new RegExp(`${next} is not tried: .* MiB are free`));
      assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
    },
    { size: '64M' },
  );
});

test('what a machine started with a person at the menu left of a trial is in the menu again', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await stageNext(machine);
    const known = await loaderOf(machine.place, choices);
    assert.ok(known !== null);
    const menu = join(directory, 'menu.cfg');
    const whole = readFileSync(menu, 'utf8');
    // As a power cut leaves it between the menu of a commit and its state.
    writeFileSync(menu, whole.replaceAll('migrate.run', 'migrate.lost'));
    await reconcile(machine.placeWith(runningAs(machine, first)), choices);
    assert.equal(readFileSync(menu, 'utf8'), whole);
    assert.deepEqual((await stateOf(machine)).trial, { version: id, tries: 2, failed: false });
  });
});

test('case 113: a version that failed before is refused, and its first reason stays', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await stageNext(machine);
    const request = { store: machine.store, version: id };
    const step = { kind: 'failed', reason: 'the first reason' } as const;
    assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, step), null);
    const initramfs = inInitramfs(machine);
    const counted: System = {
      ...initramfs,
      readFile: (path) => (path === '/proc/cmdline' ? 'migrate.run migrate.why=try\n' : initramfs.readFile(path)),
    };
    const refused = { code: 'failed-before', message: /the first reason$/ };
    await assert.rejects(requireCounted(counted, { storeKinds, loaderKinds: choices }, request), refused);
  });
});

test('a trial can be left for the good version whatever is unsafe; another one cannot be tried', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await stageNext(machine);
    await boot(machine, id);
    rmSync(join(directory, 'menu.cfg'));
    const running = machine.placeWith(runningAs(machine, id));
    await requireSafeSwitch(running, choices, { direction: 'rollback', to: null, from: null });
    await commitVersion(running, choices, null);
    rmSync(join(directory, 'menu.cfg'));
    const refused = requireSafeSwitch(running, choices, { direction: 'rollback', to: null, from: null });
    await assert.rejects(refused, { code: 'loader-unsafe' });
  });
});

test('case 101: a loader whose directory has come to be where it cannot count is left as it is, and told of, at every boot', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await stageNext(machine);
    await withFilesystem('btrfs', async (moved) => {
      cpSync(directory, join(moved, 'migrate'), { recursive: true });
      const uuid = execFileSync('findmnt', ['--noheadings', '--output', 'UUID', moved], { encoding: 'utf8' }).trim();
      const record = join(machine.top, 'migrate/loader.json');
      writeFileSync(record, JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), device: `UUID=${uuid}` }));
      const before = treeOf(moved);
      const running = machine.placeWith(runningAs(machine, first));
      for (const _ of ['this boot', 'the next one']) {
        const found = await reconcile(running, choices);
        assert.deepEqual([found?.failed, found?.committed, found?.state.trial?.version], [null, null, id]);
        assert.equal(found?.notes.length, 1);
        assert.match(
          found?.notes[0] ?? '',
          /^Nothing is tried, and the loader stays as it is: GRUB cannot count .*btrfs/,
        );
      }
      assert.deepEqual(treeOf(moved), before);
      assert.deepEqual((await stateOf(machine)).trial, { version: id, tries: 2, failed: false });
    });
  });
});
