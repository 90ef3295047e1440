import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { grub } from '../../../src/boot/grub/loader.ts';
import type { LoaderKind } from '../../../src/boot/loader.ts';
import type { LoaderChoice } from '../../../src/boot/loader-choice.ts';
import { SystemCallError } from '../../../src/domain/failure.ts';
import { reconcileAndTell } from '../../../src/flows/health/reconcile-and-tell.ts';
import { tellOfStore } from '../../../src/flows/health/tell.ts';
import { armLoader } from '../../../src/flows/loader/arm-loader.ts';
import { reconcile } from '../../../src/flows/loader/reconcile.ts';
import { updateIfSet } from '../../../src/flows/loader/update-if-set.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { startFoundFile, writeStartFound } from '../../../src/flows/start-found.ts';
import { versionStatus } from '../../../src/flows/version-status.ts';
import { withStore } from '../../../src/flows/with-store.ts';
import type { System } from '../../../src/system/system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { imageContent, type Machine, runningAs } from '../staging/machine.ts';
import { choices, first, startTrial, stateOf, withLoaderMachine } from './loader-machine.ts';

/** The same machine, started by that kernel command line. */
function startedBy(system: System, line: string): System {
  return { ...system, readFile: (path) => (path === '/proc/cmdline' ? line : system.readFile(path)) };
}

type Logins = { readonly run: string; readonly text: () => string; readonly own: (system: System) => System };

/** Logins of the machine's own, and a system that keeps what it finds of a start in the same /run. */
function logins({ work }: Machine): Logins {
  const run = join(work, 'logins');
  mkdirSync(run);
  const moved = (path: string): string => (path === startFoundFile ? join(run, 'start-found.json') : path);
  return {
    run,
    text: () => readFileSync(join(run, 'motd.d/migrate'), 'utf8'),
    own: (system) => ({
      ...system,
      exists: (path) => system.exists(moved(path)),
      readFile: (path) => system.readFile(moved(path)),
      writeFile: (path, content) => system.writeFile(moved(path), content),
    }),
  };
}

/** The kind of loader by which nothing of a start says more than its command line. */
function withReason(whyNotCounted: LoaderKind['whyNotCounted']): readonly LoaderChoice[] {
  return [{ name: 'grub', load: () => Promise.resolve({ ...grub, whyNotCounted }) }];
}

const unheard = (note: string): never => assert.fail(note);

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
    // A fallback for now gives nothing up.
    writeFileSync(own, JSON.stringify({ schema: 'migrate.booted/1', ...booted, forNow: true }));
    assert.equal((await reconcile(machine.placeWith(system), choices))?.failed, null);
    assert.equal((await stateOf(machine)).trial?.version, id);
    writeFileSync(own, JSON.stringify({ schema: 'migrate.booted/1', ...booted }));
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
    const { run, text, own } = logins(machine);
    const started = (line: string): System => own(startedBy(runningAs(machine, id), line));
    const tell = async (line: string, kinds = choices): Promise<string | null> => {
      const place = machine.placeWith(started(line));
      return (await reconcileAndTell(place, kinds, unheard, run))?.uncounted ?? null;
    };
    assert.equal(await tell('migrate.why=try'), null);
    assert.throws(text, { code: 'ENOENT' });
    assert.match((await tell('migrate.why=stable')) ?? '', new RegExp(`^grub has not counted this start of ${id}: `));
    assert.match(
      text(),
      new RegExp(`^migrate: grub has not counted this start of ${id}: .*\\n {2}More: migrate doctor`),
    );
    const problem = problemOf(machine, started('migrate.why=stable')) ?? '';
    assert.match(problem, new RegExp(`^grub has not counted this start of ${id}`));
    assert.equal(await tell('migrate.why=try'), null);
    assert.equal(problemOf(machine, started('migrate.why=try')), null);
    // The entry of systemd-boot always says try: only its kind knows.
    await tell(
      'migrate.why=try',
      withReason(() => 'no variable names an entry'),
    );
    const later = started('migrate.why=try');
    assert.match(problemOf(machine, later) ?? '', /not counted this start .*: no variable names an entry$/);
    tellOfStore(machine.placeWith(later), run);
    assert.match(text(), /no variable names an entry/);
    markGood(machine.place, id);
    assert.equal(problemOf(machine, later), null);
  });
});

test('case 101: a loader that cannot be written is told of at login, although the reconciliation fails', async () => {
  await withLoaderMachine(async ({ machine }) => {
    await startTrial(machine);
    const { run, text, own } = logins(machine);
    const running = own(startedBy(runningAs(machine, first), 'migrate.why=env-readonly'));
    const failing: System = {
      ...running,
      mounts: {
        ...running.mounts,
        checkpoint: (directory) => {
          throw new SystemCallError('EIO', 'ioctl', directory);
        },
      },
    };
    const notSettled =
      /^migrate: what the loader starts is not settled \(migrate loader reconcile tries again\): .*EIO\.\n {2}More: migrate doctor\n$/;
    await assert.rejects(reconcileAndTell(machine.placeWith(failing), choices, unheard, run), /EIO/);
    assert.match(text(), notSettled);
    // Told anew, as where a version has come to be good, and by status.
    tellOfStore(machine.placeWith(running), run);
    assert.match(text(), notSettled);
    assert.match(
      problemOf(machine, running) ?? '',
      /^what the loader starts is not settled \(migrate loader reconcile tries again\): .*EIO$/,
    );
    // That nothing could be told either is no reason to lose why.
    const notes: string[] = [];
    const missing = join(run, 'missing');
    await assert.rejects(
      reconcileAndTell(machine.placeWith(failing), choices, (note) => notes.push(note), missing),
      /EIO/,
    );
    assert.match(notes.join(), /^The login message is as it was: .*ENOENT/);
    await reconcileAndTell(machine.placeWith(running), choices, unheard, run);
    assert.match(text(), /^migrate: the loader could not write its count at this start: nothing is tried\./);
    const byReason = startedBy(running, 'migrate.why=fallback');
    assert.match(problemOf(machine, byReason) ?? '', /did not start the version on trial/);
    assert.equal(problemOf(machine, startedBy(running, 'migrate.why=stable')), null);
  });
});

test('what a start has left unsettled is told no more once loader update has put it right', async () => {
  await withLoaderMachine(async ({ machine }) => {
    await startTrial(machine);
    const { run, text, own } = logins(machine);
    const running = own(startedBy(runningAs(machine, first), 'migrate.why=stable'));
    let isSick = true;
    const sick: System = {
      ...running,
      mounts: {
        ...running.mounts,
        checkpoint: (directory) => {
          if (isSick) throw new SystemCallError('EIO', 'ioctl', directory);
          running.mounts.checkpoint(directory);
        },
      },
    };
    const request = { directory: join(machine.top, 'migrate'), storeKinds };
    const update = () => updateIfSet(sick, request, choices, run);
    await assert.rejects(reconcileAndTell(machine.placeWith(sick), choices, unheard, run), /EIO/);
    await assert.rejects(update(), /EIO/);
    assert.match(text(), /not settled/);
    assert.match(problemOf(machine, running) ?? '', /not settled/);
    isSick = false;
    assert.notEqual(await update(), null);
    assert.equal(problemOf(machine, running), null);
    assert.throws(text, { code: 'ENOENT' });
  });
});

test('a loader update that cannot settle what the start left says so, and is no failure', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const { run, own } = logins(machine);
    const running = own(startedBy(runningAs(machine, first), 'migrate.why=stable'));
    writeStartFound(running, { uncounted: null, unsettled: 'it is not settled' });
    const request = { directory: join(machine.top, 'migrate'), storeKinds };
    const missing = join(run, 'missing');
    const { notes } = (await updateIfSet(running, request, choices, missing)) ?? { notes: [] };
    assert.match(notes.join('; '), /What this start left unsettled was tried again, and that failed: .*ENOENT/);
  });
});
