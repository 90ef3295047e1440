import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { grub } from '../../../src/boot/grub/loader.ts';
import type { LoaderChoice } from '../../../src/boot/loader-choice.ts';
import { lastFailureOf } from '../../../src/flows/health/failure-logs.ts';
import { type CheckedGood, keepFailedBoot, markGoodChecked } from '../../../src/flows/health/mark-good-checked.ts';
import { addStartAnew, endStartsAnew } from '../../../src/flows/health/starts-anew.ts';
import { setLoader } from '../../../src/flows/loader/set-loader.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { withStore } from '../../../src/flows/with-store.ts';
import type { System } from '../../../src/system/system.ts';
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
import { ownRequired, required, type Scripts, wanted, withChecks } from './check-tree.ts';

const first = 'debian-12.1';

/** A machine that runs a version on trial, as a boot leaves it. */
async function withTrial(body: (machine: Machine, trial: string) => Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const image = await machine.import(machine.image('next', imageContent(13)));
    const { version } = machine.stage({ image, parent: first });
    commitRoot(machine, version);
    const step = { kind: 'committed' } as const;
    assert.equal(
      await recordAtBoot(inInitramfs(machine), storeKinds, { store: machine.store, version: version.id }, step),
      null,
    );
    mkdirSync(runOf(machine));
    await body(machine, version.id);
  });
}

const runOf = ({ work }: Machine): string => join(work, 'logins');
const storeOf = ({ top }: Machine): string => join(top, 'migrate');

/** What a journal says that is larger than what is kept of it. */
const longJournal = 'yes "a line of the journal" | head -c 8388608; echo "the end of the journal"';

type How = {
  readonly branch: string;
  readonly booted?: object;
  readonly journal?: string;
  readonly run?: string;
  readonly loaders?: readonly LoaderChoice[];
};

/** The machine as a system that runs the branch: `/run/migrate/booted.json` and journalctl are the test's own. */
function systemOf(machine: Machine, { branch, booted, journal = longJournal }: How): System {
  const bootedFile = '/run/migrate/booted.json';
  const own = join(machine.work, 'booted.json');
  if (booted !== undefined) writeFileSync(own, JSON.stringify({ schema: 'migrate.booted/1', ...booted }));
  const through = runningAs(machine, branch);
  return {
    ...through,
    exists: (path) => (path === bootedFile ? booted !== undefined : through.exists(path)),
    readFile: (path) => through.readFile(path === bootedFile ? own : path),
    runLimited: (program, args, options) =>
      program === 'journalctl'
        ? through.runLimited('/bin/sh', ['-c', journal], options)
        : through.runLimited(program, args, options),
  };
}

function markChecked(machine: Machine, scripts: Scripts, how: How): Promise<CheckedGood> {
  return withChecks(scripts, ({ root }) =>
    markGoodChecked(
      systemOf(machine, how),
      { directory: storeOf(machine), storeKinds },
      {
        ...{ limitSeconds: 20, soakSeconds: 0, root, run: how.run ?? runOf(machine), loaders: how.loaders ?? [] },
        signal: new AbortController().signal,
        onResult: () => undefined,
      },
    ),
  );
}

const passes = { [required('10-a')]: '', [wanted('20-b')]: 'exit 1' };
const fails = { [required('10-a')]: '', [ownRequired('50-app')]: 'echo "no database"; exit 3' };

test('a version on trial that passes is good, and the one before is retired', async () => {
  await withTrial(async (machine, trial) => {
    const result = await markChecked(machine, passes, { branch: trial });
    assert.ok(result.kind === 'good');
    assert.deepEqual([result.marked.retired, result.notes], [[first], []]);
    assert.deepEqual([machine.version(trial).state, machine.version(first).state], ['good', 'retired']);
    assert.ok(!existsSync(join(storeOf(machine), 'failures')));
    // Said again, there is nothing to do, and no check is run.
    const again = await markChecked(machine, fails, { branch: trial });
    assert.deepEqual(again, { kind: 'not-on-trial', why: `${trial} is good` });
  });
});

test('case 106: a version that fails a required check stays on trial, with what failed kept in the store', async () => {
  await withTrial(async (machine, trial) => {
    const before = machine.version(trial);
    const result = await markChecked(machine, fails, { branch: trial });
    assert.ok(result.kind === 'not-healthy');
    assert.deepEqual([result.version, result.logs, result.notes], [trial, `/failures/${trial}`, []]);
    assert.deepEqual(machine.version(trial), before);
    assert.equal(machine.version(first).state, 'good');
    const folder = join(storeOf(machine), result.logs);
    assert.deepEqual(readdirSync(folder).toSorted(), ['1-checks.json', '1-journal.txt']);
    const document = JSON.parse(readFileSync(join(folder, '1-checks.json'), 'utf8'));
    assert.equal(document.version, trial);
    assert.deepEqual(document.why, ['the check 50-app failed: it ended with 3: no database']);
    assert.deepEqual(
      document.health.checks.map(({ name, outcome, output }: Record<string, string>) => [name, outcome, output]),
      [
        ['10-a', 'passed', ''],
        ['50-app', 'failed', 'no database\n'],
      ],
    );
    const journal = readFileSync(join(folder, '1-journal.txt'), 'utf8');
    assert.equal(journal.length, 4 * 1024 * 1024);
    assert.ok(journal.endsWith('the end of the journal\n'));
    // Journals hold what not everyone may read.
    assert.equal(statSync(folder).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, '1-journal.txt')).mode & 0o777, 0o600);
    assert.deepEqual(
      withStore(system, storeOf(machine), (files) => lastFailureOf(files, trial)),
      document.why,
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('a version that passes and cannot be committed stays on trial, with the reason kept in the store', async () => {
  const loaders: readonly LoaderChoice[] = [{ name: 'grub', load: () => Promise.resolve(grub) }];
  const body = async (directory: string): Promise<void> =>
    withTrial(async (machine, trial) => {
      await setLoader(machine.place, loaders, { kind: 'grub', directory, tries: 2 });
      // Its own initramfs, made anew after the first boot, has outgrown the loader.
      fill(machine.pathOf('branch', trial), imageContent(13, { 'boot/initrd.img-6.13': 'x'.repeat(80 * 2 ** 20) }));
      const how = { branch: trial, journal: 'echo j', loaders };
      await assert.rejects(markChecked(machine, passes, how), { code: 'no-boot-space' });
      assert.equal(machine.version(trial).state, 'trial');
      const [why = '', ...others] = withStore(system, storeOf(machine), (files) => lastFailureOf(files, trial));
      assert.match(why, /^its checks passed, and it could not be marked good: .* MiB are free/);
      assert.deepEqual(others, []);
      const names = readdirSync(join(storeOf(machine), 'failures', trial)).toSorted();
      assert.deepEqual(names, ['1-checks.json', '1-journal.txt']);
    });
  await withFilesystem('ext4', body, { size: '64M' });
});

test('the last three failed boots of a version are kept', async () => {
  await withTrial(async (machine, trial) => {
    for (let boot = 1; boot <= 5; boot += 1) {
      const scripts = { [required('10-a')]: `echo boot ${boot}; exit 1` };
      assert.equal((await markChecked(machine, scripts, { branch: trial, journal: 'echo j' })).kind, 'not-healthy');
    }
    const names = readdirSync(join(storeOf(machine), 'failures', trial)).toSorted();
    const kept = [3, 4, 5].flatMap((number) => [`${number}-checks.json`, `${number}-journal.txt`]);
    assert.deepEqual(names, kept);
    const why = withStore(system, storeOf(machine), (files) => lastFailureOf(files, trial));
    assert.deepEqual(why, ['the check 10-a failed: it ended with 1: boot 5']);
    // And why starts after it ended before it came to any check.
    const later = withStore(system, storeOf(machine), (files) => {
      addStartAnew(files, trial, { at: '2026-03-01T10:30:00Z', why: 'read /x: EIO' });
      const during = lastFailureOf(files, trial);
      endStartsAnew(files, trial);
      return [during, lastFailureOf(files, trial)];
    });
    assert.deepEqual(later, [[...why, 'read /x: EIO'], why]);
  });
});

test('logs of versions that are no more go, and what is not ours stays', async () => {
  await withTrial(async (machine, trial) => {
    const failures = join(storeOf(machine), 'failures');
    for (const name of ['gone.7', 'kept.8', trial]) {
      mkdirSync(join(failures, name), { recursive: true });
      writeFileSync(join(failures, name, '1-checks.json'), '{}');
      for (const ending of ['', '.partial']) writeFileSync(join(failures, name, `starts-anew.json${ending}`), '{}');
    }
    writeFileSync(join(failures, 'kept.8/notes'), 'by hand');
    const result = await markChecked(machine, fails, { branch: trial, journal: 'echo j' });
    assert.ok(result.kind === 'not-healthy');
    assert.deepEqual(result.notes, []);
    assert.deepEqual(readdirSync(failures).toSorted(), [trial, 'kept.8'].toSorted());
    assert.deepEqual(readdirSync(join(failures, 'kept.8')), ['notes']);
    const names = ['1-checks.json', '2-checks.json', '2-journal.txt', 'starts-anew.json', 'starts-anew.json.partial'];
    assert.deepEqual(readdirSync(join(failures, trial)).toSorted(), names);
  });
});

test('a journal that cannot be read is a note, and what failed is kept', async () => {
  await withTrial(async (machine, trial) => {
    const result = await markChecked(machine, fails, { branch: trial, journal: 'echo half; exit 1' });
    assert.ok(result.kind === 'not-healthy');
    assert.deepEqual(result.notes, ['cannot read the whole journal: it ended with 1']);
    assert.equal(readFileSync(join(storeOf(machine), result.logs, '1-journal.txt'), 'utf8'), 'half\n');
  });
});

test('logs that cannot be written are notes: the machine has to go on', async () => {
  await withTrial(async (machine, trial) => {
    writeFileSync(join(storeOf(machine), 'failures'), 'in the way');
    const result = await markChecked(machine, fails, { branch: trial });
    assert.ok(result.kind === 'not-healthy');
    assert.equal(result.notes.length, 2);
    assert.match(result.notes[0] ?? '', /^cannot keep what failed: /);
    assert.match(result.notes[1] ?? '', /^cannot keep the journal: /);
  });
});

test('after a fallback in the same boot no version is blessed, and no check is run', async () => {
  await withTrial(async (machine, trial) => {
    const booted = { version: null, outcome: 'fallback', root: { device: 'LABEL=ROOT', subvolume: null }, reason: 'r' };
    const scripts = { [required('10-a')]: 'echo run >> $ROOT/../migrate-checks-ran; exit 1' };
    // Even where the version that was left for is on trial itself.
    for (const branch of [first, trial]) {
      const result = await markChecked(machine, scripts, { branch, booted });
      assert.deepEqual(result, { kind: 'not-on-trial', why: 'this boot fell back to an earlier version' });
    }
    assert.ok(!existsSync('/dev/shm/migrate-checks-ran'));
    assert.equal(machine.version(trial).state, 'trial');
  });
});

test('a boot of the previous version blesses neither it nor the one on trial', async () => {
  await withTrial(async (machine, trial) => {
    const result = await markChecked(machine, passes, { branch: first });
    assert.deepEqual(result, { kind: 'not-on-trial', why: `${first} is good` });
    assert.equal(machine.version(trial).state, 'trial');
  });
});

test('case 111: what fails after the version is good is a note', async () => {
  await withTrial(async (machine, trial) => {
    const run = join(machine.work, 'no-such-directory');
    const result = await markChecked(machine, passes, { branch: trial, run });
    assert.ok(result.kind === 'good');
    assert.equal(machine.version(trial).state, 'good');
    assert.equal(result.notes.length, 1);
    assert.match(result.notes[0] ?? '', /^the login message is as it was: .*ENOENT/);
  });
});

test('a version that is good takes the message of an earlier failure away', async () => {
  await withTrial(async (machine, trial) => {
    mkdirSync(join(runOf(machine), 'motd.d'));
    writeFileSync(join(runOf(machine), 'motd.d/migrate'), 'migrate: something failed\n');
    assert.equal((await markChecked(machine, passes, { branch: trial })).kind, 'good');
    assert.ok(!existsSync(join(runOf(machine), 'motd.d/migrate')));
  });
});

test('what failed can be kept of a boot that does not come to the end', async () => {
  await withTrial(async (machine, trial) => {
    const store = { directory: storeOf(machine), storeKinds };
    const health = { healthy: false, results: [], skipped: [] };
    const { signal } = new AbortController();
    const notes = await keepFailedBoot(systemOf(machine, { branch: trial }), store, health, signal);
    assert.deepEqual(notes, []);
    assert.ok(existsSync(join(storeOf(machine), 'failures', trial, '1-checks.json')));
    assert.equal(machine.version(trial).state, 'trial');
    await assert.rejects(keepFailedBoot(systemOf(machine, { branch: 'other' }), store, health, signal), {
      code: 'no-version',
    });
  });
});
