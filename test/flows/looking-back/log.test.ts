import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { addStartAnew, endStartsAnew } from '../../../src/flows/health/starts-anew.ts';
import { leaveReport } from '../../../src/flows/leave-report.ts';
import { changeState, versionCalled } from '../../../src/flows/staging/change-version.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import type { Files } from '../../../src/system/files.ts';
import { system } from '../../storage/objects.ts';
import { placeOf } from '../../versions/store-of-versions.ts';
import { type Machine, makeImage, update, withMachine } from './machine.ts';

/** Two updates of a machine on which a setting was changed, and a file with a name of any bytes was added. */
function updateTwice(machine: Machine): readonly [string, string] {
  const { root } = machine;
  const change = "echo atlas > etc/hostname; echo hello > etc/motd; echo x > etc/$'caf\\xe9'; echo a > 'etc/a\\x2db'";
  execFileSync('bash', ['--norc', '-euc', change], { cwd: root });
  const two = update(machine, makeImage(machine, 'two'), { to: 'good' });
  writeFileSync(join(machine.rootOf(two), 'etc/late'), 'later\n');
  return [two, update(machine, makeImage(machine, 'three'), { from: two })];
}

test('migrate log tells of each version, newest first, how it came to be and how much was decided', async () => {
  await withMachine((machine) => {
    const [two, three] = updateTwice(machine);
    const text = machine.done('log');
    const heads = [...text.matchAll(/^(\S+) {2}(\w+), made from (\w+)(?:, with the state of (\S+))?$/gm)];
    assert.deepEqual(
      heads.map((head) => head.slice(1)),
      [
        [three, 'trial', 'three', two],
        [two, 'good', 'two', 'one.1'],
        ['one.1', 'good', 'one', undefined],
      ],
    );
    assert.match(text, /^ {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}trial {6}its root is committed$/m);
    assert.equal([...text.matchAll(/^ {2}migrated; .*\d+ ours.* actions, .*\. Plan [0-9a-f]{16}$/gm)].length, 2);
    assert.match(text, /^ {2}took the default ours for content:\/etc\/motd$/m);
    assert.doesNotMatch(text, /Carried over/);
  });
});

test('migrate log VERSION shows what its migration decided, and --path what all decided about a path and below it', async () => {
  await withMachine((machine) => {
    const [two, three] = updateTwice(machine);
    assert.match(
      machine.done('log', two),
      /^Carried over from this machine \(\d+\)\n(?:.*\n)*? {2}\/etc\/hostname +changed here/m,
    );
    const versionsOf = (...args: readonly string[]): string[] =>
      JSON.parse(machine.done('log', '--json', ...args)).versions.map(
        ({ version }: { version: { id: string } }) => version.id,
      );
    assert.deepEqual(versionsOf('--path', '/etc/hostname'), [three, two]);
    assert.deepEqual(versionsOf('--path', '/etc/late'), [three]);
    assert.deepEqual(versionsOf('--path', '/etc'), [three, two]);
    assert.deepEqual(versionsOf('--path', '/etc/host'), []);
    assert.equal(machine.done('log', '--path', '/etc/host'), 'No migration decided anything about /etc/host\n');
    assert.deepEqual(versionsOf(two, '--path', '/etc/late'), []);
    const { versions } = JSON.parse(machine.done('log', '--json', '--path', '/etc/late'));
    const [{ decisions }] = versions[0].migrations;
    assert.deepEqual(
      decisions.map(({ path, decision }: { path: string; decision: string }) => [path, decision]),
      [['/etc/late', 'ours']],
    );
    const about = machine.done('log', '--path', '/etc/late');
    assert.match(about, /\/etc\/late +added here/);
    assert.doesNotMatch(about, /hostname|committed/);
  });
});

test('case 7: migrate log finds a path that is not UTF-8 by how it is shown, and one that holds a backslash', async () => {
  await withMachine((machine) => {
    updateTwice(machine);
    for (const [word, shown] of [
      ['/etc/caf\\xe9', '/etc/caf\\xe9'],
      ['/etc/a\\x2db', '/etc/a\\\\x2db'],
      ['/etc/a\\\\x2db', '/etc/a\\\\x2db'],
    ] as const) {
      assert.ok(machine.done('log', '--path', word).includes(`  ${shown}  added here`), word);
    }
  });
});

test('migrate log tells of a migration that failed what its report says, whether it came to a plan or not', async () => {
  await withMachine((machine) => {
    const id = update(machine, makeImage(machine, 'two'), { to: 'armed' });
    const reason = 'no space is left on \u001b[31m/sysroot';
    changeStore(placeOf(btrfsBackend, machine.store), (store) => {
      changeState(store, versionCalled(store, id), ['migrating', 'failed'], reason);
    });
    const report = (plan: string | null): void => {
      const old = system.openRoot(machine.rootOf('one.1'));
      leaveReport(old, { version: id, reason, plan: plan === null ? null : bytesOfText(plan) });
      old.close();
    };
    report(null);
    const logged = (): { state: string; reason: string; plan: string | null }[] =>
      JSON.parse(machine.done('log', id, '--json')).versions[0].migrations;
    assert.deepEqual(
      logged().map(({ state, plan, ...rest }) => [state, rest.reason, plan]),
      [['failed', reason, null]],
    );
    assert.match(machine.done('log'), /^ {2}failed: no space is left on \\x1b\[31m\/sysroot$/m);
    const [one, two] = ['one', 'two'].map((name) => join(machine.scratch, name));
    const planned = machine.run('plan', '--base', one ?? '', '--old', machine.root, '--new', two ?? '', '--json');
    report(planned.stdout.trimEnd());
    assert.equal(logged()[0]?.plan, JSON.parse(planned.stdout).digest);
    report('{');
    const broken = machine.run('log', id);
    assert.equal(broken.status, 1);
    assert.match(broken.stderr, /Cannot read the plan/);
    assert.match(broken.stdout, /^two\.2 {2}failed/);
  });
});

test('a damaged record of a migration is named, and hides none of the others', async () => {
  await withMachine((machine) => {
    const [two, three] = updateTwice(machine);
    const born = join(machine.store, 'volumes/system/tags', `born-${two}`);
    const damage =
      'btrfs property set -ts . ro false; printf x >> var/lib/migrate/plan.json; btrfs property set -ts . ro true';
    execFileSync('bash', ['--norc', '-euc', damage], { cwd: born });
    const { status, stdout, stderr } = machine.run('log');
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`^migrate: ${two.replace('.', '\\.')}: Cannot read the plan`));
    assert.equal([...stdout.matchAll(/^ {2}migrated; /gm)].length, 1);
    assert.ok(stdout.includes(three));
  });
});

test('migrate log of a version that is not there, or a path that is not absolute, is bad input', async () => {
  await withMachine(({ run }) => {
    for (const [args, says] of [
      [['trixie.9'], /The store has no version "trixie\.9": it has one\.1/],
      [['--path', 'etc/motd'], /"etc\/motd".* not an absolute path/],
      [['--path', ''], /--path is empty/],
    ] as const) {
      const { status, stdout, stderr } = run('log', ...args);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, says);
    }
  });
});

test('case 111: migrate log tells of starts that could not be told, also when they are over', async () => {
  await withMachine((machine) => {
    const id = update(machine, makeImage(machine, 'two'), { to: 'good' });
    assert.doesNotMatch(machine.done('log'), /started anew/);
    const inStore = (change: (files: Files) => void): void =>
      changeStore(placeOf(btrfsBackend, machine.store), ({ files }) => change(files));
    inStore((files) => addStartAnew(files, id, { at: '2026-03-01T10:30:00Z', why: 'read /x: EIO' }));
    assert.match(machine.done('log', id), /^ {2}started anew, once, last on 2026-03-01 10:30: read \/x: EIO$/m);
    inStore((files) => endStartsAnew(files, id));
    assert.match(machine.done('log', id), /^ {2}started anew, last on 2026-03-01 10:30: read \/x: EIO$/m);
    const [logged] = JSON.parse(machine.done('log', id, '--json')).versions;
    assert.deepEqual(logged.startsAnew, { starts: 0, at: '2026-03-01T10:30:00Z', why: 'read /x: EIO' });
  });
});
