import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { SystemCallError } from '../../../src/domain/failure.ts';
import { bootedFile } from '../../../src/flows/boot-records.ts';
import { leaveReport } from '../../../src/flows/leave-report.ts';
import { pruneVersions } from '../../../src/flows/prune-versions.ts';
import { keepingRuns, runsToKeep } from '../../../src/flows/runs-to-keep.ts';
import { changeState, holdAll, versionCalled } from '../../../src/flows/staging/change-version.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { writeVersion } from '../../../src/versions/records.ts';
import { intercept, methodOf } from '../../apply/interruption.ts';
import { bootedAs, migrateBooted } from '../../cli/stores.ts';
import { system } from '../../storage/objects.ts';
import { placeOf } from '../../versions/store-of-versions.ts';
import { type Machine, makeImage, update, withMachine } from './machine.ts';

type Logged = { readonly version: { readonly id: string }; readonly pruned: boolean; readonly migrations: unknown[] };

const logOf = (machine: Machine, ...args: readonly string[]): Logged[] =>
  JSON.parse(machine.done('log', '--json', ...args)).versions;

/** A version that came to a plan and failed: the report lies in the root of its parent. */
function failFrom(machine: Machine, from: string, name: string): string {
  const id = update(machine, makeImage(machine, name), { from, to: 'armed' });
  changeStore(placeOf(btrfsBackend, machine.store), (store) => {
    changeState(store, versionCalled(store, id), ['migrating', 'failed'], 'no space is left');
  });
  const trees = [
    '--base',
    join(machine.scratch, 'one'),
    '--old',
    machine.rootOf(from),
    '--new',
    join(machine.scratch, name),
  ];
  const old = system.openRoot(machine.rootOf(from));
  const plan = bytesOfText(machine.run('plan', ...trees, '--json').stdout.trimEnd());
  leaveReport(old, { version: id, reason: 'no space is left', plan });
  old.close();
  return id;
}

type Made = { readonly failed: readonly [string, string]; readonly two: string; readonly running: string };

/** Two that failed, and three that were good, of which the last one runs. */
function makeVersions(machine: Machine): Made {
  execFileSync('bash', ['--norc', '-euc', "echo atlas > etc/hostname; echo x > etc/$'caf\\xe9'"], {
    cwd: machine.root,
  });
  const two = update(machine, makeImage(machine, 'two'), { to: 'good' });
  const failed = [failFrom(machine, two, 'bad'), failFrom(machine, two, 'worse')] as const;
  writeFileSync(join(machine.rootOf(two), 'etc/late'), 'later\n');
  const three = update(machine, makeImage(machine, 'three'), { from: two, to: 'good' });
  const four = update(machine, makeImage(machine, 'four'), { from: three, to: 'good' });
  changeStore(placeOf(btrfsBackend, machine.store), (store) => {
    for (const id of ['one.1', two, three])
      changeState(store, versionCalled(store, id), ['retired'], 'another is good');
    for (const id of [two, three, four]) holdAll(store, versionCalled(store, id));
  });
  return { failed, two, running: four };
}

function prune(machine: Machine, running: string): void {
  const { status, stdout, stderr } = migrateBooted(bootedAs(running), [
    'prune',
    '--keep',
    '0',
    '--store',
    machine.store,
  ]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, stdout);
}

test('migrate log tells of versions that were pruned what it told before, by the path too', async () => {
  await withMachine((machine) => {
    const { failed, two, running } = makeVersions(machine);
    const [bad, pinned] = failed;
    for (const id of ['one.1', pinned]) machine.done('pin', id);
    const [before, aboutBefore] = [logOf(machine), logOf(machine, '--path', '/etc/hostname')];
    assert.deepEqual(
      aboutBefore.map(({ version: { id } }) => id.replace(/\..*/, '')),
      ['four', 'three', 'worse', 'bad', 'two'],
    );
    assert.deepEqual(
      before.filter(({ pruned }) => pruned),
      [],
    );
    prune(machine, running);
    const gone = [two, bad];
    const marked = (versions: readonly Logged[]): unknown[] =>
      versions.map((one) => ({ ...one, pruned: gone.includes(one.version.id) }));
    // Nobody pins or retires it meanwhile.
    assert.deepEqual(logOf(machine), marked(before));
    assert.deepEqual(logOf(machine, '--path', '/etc/hostname'), marked(aboutBefore));
    assert.match(machine.done('log', two), /^two\.\d+ {2}retired, made from two, .*; removed by migrate prune\n/);
    assert.match(machine.done('log', bad), /^ {2}failed: no space is left; /m);
    assert.equal(machine.done('versions').includes(two), false);
    // Its parent has gone, with the report.
    assert.match(machine.done('log', pinned), /^ {2}failed: no space is left; /m);
    machine.done('unpin', pinned);
    prune(machine, running);
    assert.match(machine.done('log', pinned), /; removed by migrate prune\n(?:.*\n)*? {2}failed: no space is left; /);
    assert.equal(machine.done('volume', 'fsck'), 'The ledger and the store agree\n');
    const file = join(machine.store, 'runs', `${two}.json.zst`);
    writeFileSync(file, 'x');
    const { status, stdout, stderr } = machine.run('log');
    assert.equal(status, 1);
    assert.ok(stderr.startsWith(`migrate: Cannot read ${file}: `), stderr);
    assert.match(stdout, /^one\.1 /m);
    rmSync(file);
    assert.match(machine.run('log', two).stderr, /The store has no version "two/);
  });
});

/** A system on which files of the directory `runs` find no room until it is said that there is. */
function fullSystem(): { readonly full: System; readonly makeRoom: () => void } {
  let isFull = true;
  const full: System = {
    ...system,
    openRoot: (directory, options) => {
      const files = system.openRoot(directory, options);
      const create = methodOf(files, 'create');
      intercept(files, 'create', (args) => {
        const [path] = args;
        if (isFull && String(path).startsWith('/runs/')) throw new SystemCallError('ENOSPC', 'write', String(path));
        return create(args);
      });
      return files;
    },
  };
  const makeRoom = (): void => {
    isFull = false;
  };
  return { full, makeRoom };
}

test('case 64: what a full filesystem has no room for before versions go is kept when they are gone', async () => {
  await withMachine((machine) => {
    const two = update(machine, makeImage(machine, 'two'));
    const { full, makeRoom } = fullSystem();
    const problems: string[] = [];
    changeStore(placeOf(btrfsBackend, machine.store, full), (store) => {
      const runs = runsToKeep(store, [versionCalled(store, two)], problems);
      assert.deepEqual(problems, []);
      keepingRuns(store, runs, problems, () => undefined);
      assert.match(problems.join(), new RegExp(`^The log of ${two} could not be kept: `));
      problems.length = 0;
      keepingRuns(store, runs, problems, makeRoom);
    });
    assert.deepEqual([problems, readdirSync(join(machine.store, 'runs'))], [[], [`${two}.json.zst`]]);
  });
});

/** Two versions before the one that runs; the tag of the first is where its migration is read. */
function makeThree(machine: Machine): { readonly two: string; readonly running: string; readonly tag: string } {
  const two = update(machine, makeImage(machine, 'two'), { to: 'good' });
  const three = update(machine, makeImage(machine, 'three'), { from: two, to: 'good' });
  const running = update(machine, makeImage(machine, 'four'), { from: three, to: 'good' });
  changeStore(placeOf(btrfsBackend, machine.store), (store) => {
    for (const id of ['one.1', two, three])
      changeState(store, versionCalled(store, id), ['retired'], 'another is good');
    for (const id of [two, three, running]) holdAll(store, versionCalled(store, id));
  });
  machine.done('pin', 'one.1');
  return { two, running, tag: join(machine.store, 'volumes/system/tags', `born-${two}`) };
}

const pruneRaw = (machine: Machine, running: string) =>
  migrateBooted(bootedAs(running), ['prune', '--keep', '0', '--store', machine.store]);

test('a version whose migration the kernel does not let read stays, until it does', async () => {
  await withMachine((machine) => {
    const { two, running } = makeThree(machine);
    const broken: System = {
      ...system,
      openRoot: (directory, options) => {
        const files = system.openRoot(directory, options);
        const read = methodOf(files, 'read');
        intercept(files, 'read', (args) => {
          if (String(args[0]).endsWith('/outcome.json')) throw new SystemCallError('EIO', 'read', String(args[0]));
          return read(args);
        });
        return files;
      },
    };
    const pruned = (with_: System) => {
      const readFile: System['readFile'] = (path) =>
        path === bootedFile ? bytesOfText(bootedAs(running)) : with_.readFile(path);
      const exists: System['exists'] = (path) => path === bootedFile || with_.exists(path);
      const place = placeOf(btrfsBackend, machine.store, { ...with_, exists, readFile });
      return pruneVersions(place, { keep: 0, dryRun: false });
    };
    const first = pruned(broken);
    assert.match(first.problems.join(), /EIO/);
    assert.equal(first.refused.map(({ place }) => place.name).join(), `born-${two}`);
    assert.ok(machine.done('versions').includes(two));
    assert.ok(machine.done('log', two).includes('made from'));
    assert.deepEqual([pruned(system).problems, machine.done('versions').includes(two)], [[], false]);
  });
});

test('what a pruned version had damaged is said by prune and by the log; what has gone before is not taken for nothing', async () => {
  await withMachine((machine) => {
    const { two, running, tag } = makeThree(machine);
    execFileSync('bash', [
      '--norc',
      '-euc',
      'btrfs property set "$1" ro false; find "$1" -name outcome.json -exec sh -c "echo x > {}" ";"',
      'bash',
      tag,
    ]);
    mkdirSync(join(machine.store, 'runs/odd.json.zst'), { recursive: true });
    const first = pruneRaw(machine, running);
    assert.equal(first.status, 1);
    assert.match(first.stderr, /odd\.json\.zst/);
    assert.match(first.stderr, new RegExp(`^migrate: ${two}: Cannot read `, 'm'));
    rmSync(join(machine.store, 'runs/odd.json.zst'), { recursive: true });
    assert.equal(existsSync(tag), false);
    const { status, stderr } = machine.run('log', two);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^migrate: ${two}: Cannot read `));
    prune(machine, running);
  });
});

test('a run that is kept is not replaced by nothing after a cut, and one that was lost is said to be', async () => {
  await withMachine((machine) => {
    const two = update(machine, makeImage(machine, 'two'), { to: 'good' });
    changeStore(placeOf(btrfsBackend, machine.store), (store) => {
      const version = { ...versionCalled(store, two), removing: true, born: 'born-gone' };
      writeVersion(store.files, version);
      const problems: string[] = [];
      const [lost] = runsToKeep(store, [version], problems);
      assert.match(lost?.unreadable ?? '', /is lost/);
      assert.deepEqual(problems, [lost?.unreadable]);
      mkdirSync(join(machine.store, 'runs'));
      writeFileSync(join(machine.store, 'runs', `${two}.json.zst`), 'damaged');
      assert.deepEqual(runsToKeep(store, [version], []), []);
    });
  });
});
