import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../../src/domain/failure.ts';
import { refreshLoader } from '../../../src/flows/loader/arm-loader.ts';
import { commitVersion } from '../../../src/flows/loader/commit-version.ts';
import { reconcile } from '../../../src/flows/loader/reconcile.ts';
import { loaderOf, withLoader } from '../../../src/flows/loader/with-loader.ts';
import type { Files } from '../../../src/system/files.ts';
import type { System } from '../../../src/system/system.ts';
import { intercept, methodOf } from '../../apply/interruption.ts';
import { runningAs } from '../staging/machine.ts';
import { choices, first, startTrial, stateOf, withLoaderMachine } from './loader-machine.ts';

/** The same machine, on which every root that is opened is changed first. */
function through(system: System, change: (files: Files) => void): System {
  return {
    ...system,
    openRoot: (directory) => {
      const files = system.openRoot(directory);
      change(files);
      return files;
    },
  };
}

/** The same with no room for the records of these versions. */
function withoutRoom(system: System, isMeant: (path: string) => boolean): System {
  return through(system, (files) => {
    const create = methodOf(files, 'create');
    intercept(files, 'create', (args) => {
      const path = String(args[0]);
      if (/^\/versions\/[^/]*\.json/.test(path) && isMeant(path)) throw new SystemCallError('ENOSPC', 'write', path);
      return create(args);
    });
  });
}

test('case 111: where the store is full once the loader has committed, the version is good, and the next boot says so', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await startTrial(machine);
    const full = withoutRoom(runningAs(machine, id), () => true);
    const { changed, retired, notes } = await commitVersion(machine.placeWith(full), choices, null);
    assert.deepEqual([changed, retired], [true, []]);
    assert.match(notes.at(-1) ?? '', new RegExp(`^The loader has committed ${id}, .*: write .*ENOSPC`));
    assert.deepEqual(await stateOf(machine), { good: id, trial: null, once: null });
    assert.equal(machine.version(id).state, 'trial');
    const found = await reconcile(machine.placeWith(runningAs(machine, id)), choices);
    assert.equal(found?.committed, id);
    assert.deepEqual([machine.version(id).state, machine.version(first).state], ['good', 'retired']);
  });
});

test('case 111: of a commit that left two good versions in the store the next boot retires the older', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await startTrial(machine);
    const full = withoutRoom(runningAs(machine, id), (path) => path.includes(first));
    assert.match((await commitVersion(machine.placeWith(full), choices, null)).notes.at(-1) ?? '', /ENOSPC/);
    assert.deepEqual([machine.version(id).state, machine.version(first).state], ['good', 'good']);
    const place = machine.placeWith(runningAs(machine, id));
    assert.equal((await reconcile(place, choices))?.committed, id);
    assert.deepEqual([machine.version(id).state, machine.version(first).state], ['good', 'retired']);
    assert.equal((await reconcile(place, choices))?.committed, null);
  });
});

test('case 111: what is not removed beside the loader once it has decided is a note, and goes the next time', async () => {
  await withLoaderMachine(async ({ machine, directory }) => {
    const id = await startTrial(machine);
    const known = await loaderOf(machine.place, choices);
    assert.ok(known !== null);
    withLoader(known, ({ loader }) =>
      loader.write({ ...loader.read(), trial: { version: id, tries: 0, failed: true } }),
    );
    const running = runningAs(machine, first);
    const stuck = through(running, (files) =>
      intercept(files, 'removeDirectory', ([path]) => {
        throw new SystemCallError('EIO', 'rmdir', String(path));
      }),
    );
    const found = await reconcile(machine.placeWith(stuck), choices);
    assert.equal(found?.failed?.version, id);
    assert.match(found?.notes.at(-1) ?? '', /^What no version starts by any more is still beside the loader: rmdir/);
    assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
    assert.ok(existsSync(join(directory, 'versions', id)));
    await refreshLoader(machine.placeWith(running), choices);
    assert.ok(!existsSync(join(directory, 'versions', id)));
  });
});
