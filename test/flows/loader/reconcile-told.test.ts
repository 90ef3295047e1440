import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../../src/domain/failure.ts';
import { reconcileAndTell } from '../../../src/flows/health/reconcile-and-tell.ts';
import { armLoader } from '../../../src/flows/loader/arm-loader.ts';
import { reconcile } from '../../../src/flows/loader/reconcile.ts';
import { versionStatus } from '../../../src/flows/version-status.ts';
import { withStore } from '../../../src/flows/with-store.ts';
import type { System } from '../../../src/system/system.ts';
import { imageContent, type Machine, runningAs } from '../staging/machine.ts';
import { choices, first, startTrial, stateOf, withLoaderMachine } from './loader-machine.ts';

/** The same machine, started by that kernel command line. */
function startedBy(system: System, line: string): System {
  return { ...system, readFile: (path) => (path === '/proc/cmdline' ? line : system.readFile(path)) };
}

/** Runs of logins of the machine's own. */
function logins({ work }: Machine): { readonly run: string; readonly text: () => string } {
  const run = join(work, 'logins');
  mkdirSync(run);
  return { run, text: () => readFileSync(join(run, 'motd.d/migrate'), 'utf8') };
}

const problemOf = ({ top }: Machine, through: System): string | null =>
  withStore(through, join(top, 'migrate'), (files) => versionStatus(through, files)).startProblem;

test('a fallback in the same boot of which the store could not be told is adopted from what the initramfs wrote, and disarms the loader', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const image = await machine.import(machine.image('next', imageContent(13)));
    const { id } = machine.stage({ image, parent: first }).version;
    await armLoader(machine.place, choices);
    const { boot } = machine.version(first);
    assert.ok(boot !== null);
    const own = join(machine.work, 'booted.json');
    const booted = { version: null, outcome: 'fallback', root: boot.root, reason: 'no space left' };
    writeFileSync(own, JSON.stringify({ schema: 'migrate.booted/1', ...booted }));
    const running = startedBy(runningAs(machine, first), `migrate.run migrate.version=${id} migrate.why=try`);
    const file = '/run/migrate/booted.json';
    const system: System = {
      ...running,
      exists: (path) => path === file || running.exists(path),
      readFile: (path) => running.readFile(path === file ? own : path),
    };
    assert.equal(machine.version(id).state, 'armed');
    // Of another version that boot says nothing.
    const other = startedBy(system, 'migrate.run migrate.version=other migrate.why=try');
    assert.equal((await reconcile(machine.placeWith(other), choices))?.failed, null);
    const found = await reconcile(machine.placeWith(system), choices);
    assert.deepEqual(found?.failed, { version: id, why: 'no space left' });
    assert.deepEqual([machine.version(id).state, machine.version(id).reason], ['failed', 'no space left']);
    assert.deepEqual(await stateOf(machine), { good: first, trial: null, once: null });
  });
});

test('case 105: a later start of a version on trial that was not counted is told at login, and by status', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const id = await startTrial(machine);
    const { run, text } = logins(machine);
    const tell = async (line: string): Promise<string | null> => {
      const place = machine.placeWith(startedBy(runningAs(machine, id), line));
      return (await reconcileAndTell(place, choices, run))?.uncounted ?? null;
    };
    assert.equal(await tell('migrate.why=try'), null);
    assert.throws(text, { code: 'ENOENT' });
    assert.match((await tell('migrate.why=stable')) ?? '', new RegExp(`^grub has not counted this start of ${id}: `));
    assert.match(
      text(),
      new RegExp(`^migrate: grub has not counted this start of ${id}: .*\\n {2}More: migrate doctor`),
    );
    const uncounted = startedBy(runningAs(machine, id), '');
    assert.match(problemOf(machine, uncounted) ?? '', new RegExp(`not counted this start of ${id}`));
    assert.equal(problemOf(machine, startedBy(runningAs(machine, id), 'migrate.why=try')), null);
    assert.equal(problemOf(machine, startedBy(runningAs(machine, first), '')), null);
  });
});

test('case 101: a loader that cannot be written is told of at login, although the reconciliation fails', async () => {
  await withLoaderMachine(async ({ machine }) => {
    await startTrial(machine);
    const { run, text } = logins(machine);
    const running = startedBy(runningAs(machine, first), 'migrate.why=env-readonly');
    const failing: System = {
      ...running,
      mounts: {
        ...running.mounts,
        checkpoint: (directory) => {
          throw new SystemCallError('EIO', 'ioctl', directory);
        },
      },
    };
    await assert.rejects(reconcileAndTell(machine.placeWith(failing), choices, run), /EIO/);
    assert.match(text(), /^migrate: what the loader starts is not settled: .*EIO\.\n {2}More: migrate doctor\n$/);
    await reconcileAndTell(machine.placeWith(running), choices, run);
    assert.match(text(), /^migrate: the loader could not write its count at this start: nothing is tried\./);
    const byReason = startedBy(running, 'migrate.why=fallback');
    assert.match(problemOf(machine, byReason) ?? '', /did not start the version on trial/);
    assert.equal(problemOf(machine, startedBy(running, 'migrate.why=stable')), null);
  });
});
