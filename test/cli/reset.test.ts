import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { markGood } from '../../src/flows/staging/mark-good.ts';
import { boot } from '../flows/staging/boot-machine.ts';
import { fill, imageContent, type Machine, withMachine } from '../flows/staging/machine.ts';
import { must, run } from './on-machine.ts';
import { type Ended, migrate, shell } from './run-migrate.ts';

const first = 'debian-12.1';

const refusals: Readonly<Record<string, RegExp>> = {
  reset: /^migrate: migrate reset needs config, system or total; or --cancel, or --undo$/m,
  'reset all': /"all" is none of "config", "system", "total"/,
  'reset config --undo': /config and --undo mean different things/,
  'reset --cancel --undo': /--cancel and --undo mean different things/,
  'reset --undo --keep identity': /--keep is for a new reset, and not for --undo/,
  'reset --cancel --yes': /--yes is for a new reset, and not for --cancel/,
  'reset system --keep=': /--keep needs a value after it/,
};

for (const [words, message] of Object.entries(refusals)) {
  test(`migrate ${words} is refused with 2 and one clear line`, () => {
    const { status, stdout, stderr } = migrate(words.split(' '), { environment: { MIGRATE_STORE: '/dev/shm' } });
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' }, stderr);
    assert.match(stderr, message);
  });
}

/** A machine with a volume of settings and one of data, and a user. */
async function withUsed(body: (machine: Machine) => void | Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    const shipped = { 'etc/app.conf': 'of the image\n', 'etc/opt/app': 'of the image\n' };
    const image = imageContent(12, shipped);
    const volumes = 'volume opt /etc/opt class=config\nvolume srv /srv class=data\n';
    fill(machine.root, {
      ...image,
      'etc/migrate/volumes.d/local.volume': volumes,
      'etc/app.conf': 'mine\n',
      'etc/passwd': 'mine\n',
    });
    await machine.init(machine.image('base', image));
    const { version } = machine.stage({
      image: await machine.import(machine.image('next', imageContent(13, shipped))),
      parent: first,
    });
    await boot(machine, version.id);
    markGood(machine.place, version.id);
    fill(machine.pathOf('branch', version.id, 'opt'), { app: 'x'.repeat(3000) });
    fill(machine.pathOf('branch', 'main', 'srv'), { film: 'x'.repeat(5000) });
    await body(machine);
  });
}

test('case 75: a preview of a reset tells what stays and what goes, by name and size, and changes nothing', async () => {
  await withUsed((machine) => {
    const [, { id = '' } = {}] = machine.versions();
    const before = [machine.objects(), machine.versions()];
    const shown = must(machine, 'reset', 'config', '--keep', '/etc/app.conf', '--from', id, '--preview');
    assert.match(shown, /\/etc\/passwd +the reset takes the settings of the image/);
    assert.match(shown, /Carried over from this machine.*\n.*\/etc\/app.conf/);
    assert.match(shown, /\nVolumes that begin anew: opt \(.*KiB\)\nNothing is changed\n$/);
    const { losses, plan, ...rest } = JSON.parse(must(machine, 'reset', 'total', '--from', id, '--preview', '--json'));
    assert.deepEqual(rest, {
      schema: 'migrate.reset-preview/1',
      image: machine.version(id).image,
      parent: id,
      reset: { mode: 'total', keep: [] },
    });
    assert.ok(losses.some(({ name, bytes }: { name: string; bytes: number }) => name === 'srv' && bytes >= 5000));
    assert.equal(plan.schema, 'migrate.plan/1');
    assert.deepEqual([machine.objects(), machine.versions()], before);
  });
});

test('case 114: without a terminal a reset needs --yes; one that no boot has made is cancelled, one that runs is undone', async () => {
  await withUsed(async (machine) => {
    const [, { id = '' } = {}] = machine.versions();
    const before = machine.versions();
    for (const mode of ['config', 'system', 'total']) {
      const { status, stdout, stderr } = run(machine, 'reset', mode, '--from', id);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, new RegExp(`Cannot ask whether the reset \\(${mode}\\) is wanted`));
    }
    assert.deepEqual(machine.versions(), before);
    const none = run(machine, 'reset', '--cancel');
    assert.deepEqual([none.status, none.stdout], [2, '']);
    assert.match(none.stderr, /There is no reset to cancel/);

    const staged = must(machine, 'reset', 'system', '--from', id, '--yes');
    const made = machine.versions().at(-1);
    assert.ok(made !== undefined);
    assert.match(staged, new RegExp(`\n${made.id} is armed: made from ${made.image}, with the state of ${id}\n`));
    assert.match(staged, /\nVolumes that begin anew: opt \(.*\)\n$/);
    assert.match(must(machine, 'versions'), new RegExp(`${made.id} +armed +.* reset \\(system\\)\n`));
    assert.match(
      must(machine, 'status'),
      new RegExp(`Next boot .*${made.id} is armed, a reset \\(system\\) to ${made.image}\n`),
    );
    assert.match(run(machine, 'reset', '--undo', '--from', id).stderr, /was not made by one/);
    assert.equal(must(machine, 'reset', '--cancel'), `${made.id} is taken back: no boot makes it\n`);
    assert.deepEqual(machine.versions(), before);

    must(machine, 'reset', 'config', '--from', id, '--yes');
    const again = machine.versions().at(-1)?.id ?? '';
    await boot(machine, again);
    assert.match(run(machine, 'reset', '--cancel').stderr, /There is no reset to cancel/);
    assert.match(must(machine, 'reset', '--undo', '--from', again), new RegExp(`^${id} is on trial`));
    assert.equal(machine.version(again).state, 'failed', 'it had not proven itself');
  });
});

/** Asks for a reset at a terminal, and answers. */
function answered(machine: Machine, words: string, answer: string): Ended {
  const line = `echo "${answer}" | script --quiet --return --command "$MIGRATE ${words}" /dev/null`;
  return shell(line, { environment: { MIGRATE_STORE: join(machine.top, 'migrate'), TERM: 'vt220' } });
}

test('case 114: at a terminal a reset is asked for; what destroys data takes a word, and no other does', async () => {
  await withUsed((machine) => {
    const [, { id = '' } = {}] = machine.versions();
    const before = [machine.objects(), machine.versions()];
    const refused: readonly (readonly [string, string])[] = [
      ['config', ''],
      ['system', 'no'],
      ['total', 'y'],
      ['total', 'yes'],
    ];
    for (const [mode, answer] of refused) {
      const { status, stdout } = answered(machine, `reset ${mode} --from ${id}`, answer);
      assert.equal(status, 1, stdout);
      assert.match(stdout, /(\[y\/N\]|Type "destroy" for this:) /);
      assert.match(stdout, /opt \(2\.9 KiB\)/);
      assert.equal(/on btrfs subvolumes that are not of the store/.test(stdout), mode === 'total', stdout);
      assert.equal(/^Which loader starts this machine is not known: /m.test(stdout), mode === 'total', stdout);
      assert.match(stdout, /Nothing is changed\r\n$/);
    }
    assert.deepEqual([machine.objects(), machine.versions()], before);
    for (const [mode, answer] of [
      ['config', 'y'],
      ['total', 'destroy'],
    ]) {
      const { status, stdout } = answered(machine, `reset ${mode} --from ${id}`, answer ?? '');
      assert.equal(status, 0, stdout);
      assert.equal(machine.versions().at(-1)?.reset?.mode, mode);
    }
    assert.equal(machine.versions().length, 3, 'the second takes the place of the first');
    must(machine, 'reset', '--cancel');
    assert.deepEqual([machine.objects(), machine.versions()], before);
  });
});
