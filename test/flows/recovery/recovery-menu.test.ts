import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { armStaged, refreshLoader } from '../../../src/flows/loader/arm-loader.ts';
import { commitVersion } from '../../../src/flows/loader/commit-version.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { makeVolume } from '../../../src/store/make-volume.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { choices, first, withLoaderMachine } from '../loader/loader-machine.ts';
import { commitRoot, fill, imageContent, inInitramfs, type Machine, runningAs } from '../staging/machine.ts';

const program = 'usr/lib/migrate/migrate.cpio.zst';
const mebibytes = (count: number): string => 'x'.repeat(count * 2 ** 20);

/** Gives the version that runs the program, of that many MiB, and has the loader know. */
async function withProgram(machine: Machine, size = 1): Promise<readonly string[]> {
  fill(machine.pathOf('branch', first), { [program]: mebibytes(size) });
  return (await refreshLoader(machine.place, choices))?.notes ?? [];
}

const menuIn = (directory: string): string => readFileSync(join(directory, 'menu.cfg'), 'utf8');

const titlesIn = (menu: string): string[] =>
  [...menu.slice(menu.indexOf('submenu Recovery')).matchAll(/^ {2}menuentry '([^']*)'/gm)].map(
    ([, title = '']) => title,
  );

const programsIn = (directory: string, version: string): string[] =>
  readdirSync(join(directory, 'versions', version)).filter((name) => name.startsWith('migrate.cpio.zst-'));

test('the Recovery menu starts the good version with the program beside it, by a word for each repair', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    assert.deepEqual(await withProgram(machine), []);
    const menu = menuIn(directory);
    execFileSync('grub-script-check', [], { input: menu });
    assert.deepEqual(titlesIn(menu), [
      'Reset the settings (config)',
      'Reset the system, keep data (system)',
      'Reset everything (total)',
      'Recovery shell',
    ]);
    const [file = ''] = programsIn(directory, first);
    const recovery = menu.slice(menu.indexOf('submenu Recovery'));
    const modes = [
      ...recovery.matchAll(/'migrate\.run' 'migrate\.recovery=(\w+)' 'migrate\.store=UUID=[^,']+,path=migrate'/g),
    ];
    assert.deepEqual(
      modes.map(([, mode]) => mode),
      ['config', 'system', 'total', 'shell'],
    );
    assert.equal(recovery.split(`/versions/${first}/${file}'`).length - 1, 2 * 4);
    // A start without a repair does not load it.
    assert.equal(menu.slice(0, menu.indexOf('submenu Recovery')).includes(file), false);
    // What starts by itself asks for no password, and a repair does where there is one.
    assert.doesNotMatch(recovery, /--unrestricted/);
  });
});

test('the entry that destroys data names what it destroys', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const make = (name: string): void => {
      changeStore(machine.place, (store) => makeVolume(store, { name, class: 'data' }));
    };
    make('srv');
    make('home');
    await withProgram(machine);
    assert.equal(titlesIn(menuIn(directory))[2], 'Reset everything: destroys home, srv (total)');
    for (const name of ['mail', 'web']) make(name);
    await refreshLoader(machine.place, choices);
    assert.equal(titlesIn(menuIn(directory))[2], 'Reset everything: destroys home, mail, srv and 1 more (total)');
  });
});

test('a machine whose root lacks the program has no Recovery menu, says so, and starts as any other', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const without = await refreshLoader(machine.place, choices);
    assert.deepEqual(without?.notes, [`There is no Recovery menu: ${first} has no /${program}`]);
    assert.doesNotMatch(menuIn(directory), /Recovery/);
    await withProgram(machine);
    rmSync(join(machine.pathOf('branch', first), program));
    assert.deepEqual((await refreshLoader(machine.place, choices))?.notes, without.notes);
    assert.doesNotMatch(menuIn(directory), /Recovery/);
    assert.deepEqual(programsIn(directory, first), []);
  });
});

test('the program for repairs takes no room from what starts: without room there is no Recovery menu, and it says so', async () => {
  await withLoaderMachine(
    async ({ machine, directory }) => {
      const [note = ''] = await withProgram(machine, 60);
      assert.match(note, /^There is no Recovery menu: .* MiB are free/);
      assert.doesNotMatch(menuIn(directory), /Recovery/);
      assert.deepEqual(await withProgram(machine, 30), []);
      // A version to be tried needs the room: it is staged all the same.
      const content = imageContent(13, { 'boot/vmlinuz-6.13': mebibytes(30) });
      const image = await machine.import(machine.image('next', content));
      const { version } = machine.stage({ image, parent: first });
      const update = await armStaged(machine.place, choices, version);
      assert.match(update?.notes.join() ?? '', /There is no Recovery menu: .* MiB are free/);
      assert.deepEqual(update?.state.trial, { version: version.id, tries: 2, failed: false });
      assert.deepEqual(programsIn(directory, first), []);
    },
    { size: '64M' },
  );
});

test('a version that comes to be good has the Recovery menu, and what it was made with stays beside the loader', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    await withProgram(machine);
    const image = await machine.import(machine.image('next', imageContent(13, { [program]: 'the next program' })));
    const { version } = machine.stage({ image, parent: first });
    await armStaged(machine.place, choices, version);
    const [made] = programsIn(directory, version.id);
    const request = { store: machine.store, version: version.id };
    assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'migrating' }), null);
    commitRoot(machine, machine.version(version.id));
    assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'committed' }), null);
    await commitVersion(machine.placeWith(runningAs(machine, version.id)), choices, null);
    assert.deepEqual(programsIn(directory, version.id), [made]);
    assert.deepEqual(programsIn(directory, first), []);
    assert.equal(titlesIn(menuIn(directory)).length, 4);
    assert.match(menuIn(directory), new RegExp(`submenu Recovery[^]*/versions/${version.id}/${made}`));
  });
});
