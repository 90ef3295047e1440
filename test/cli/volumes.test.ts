import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { type Ended, migrate, shell } from './run-migrate.ts';

const subcommands = [
  ...['ls', 'create', 'branch', 'tag', 'destroy', 'log', 'diff', 'mount', 'umount', 'hold', 'release', 'gc', 'fsck'],
];

for (const command of [...subcommands.map((name) => `volume ${name}`), 'store create']) {
  test(`migrate ${command} --help has an example, and needs no root`, () => {
    const { status, stdout, stderr } = migrate([...command.split(' '), '--help']);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    const [, example = ''] = /^Examples:\n {2}(.*)$/m.exec(stdout) ?? [];
    assert.match(example, new RegExp(`migrate ${command}`));
    assert.match(stdout, /^ +--json /m);
  });
}

test('migrate volume --help lists what can be done with volumes', () => {
  const { stdout } = migrate(['volume', '--help']);
  for (const name of subcommands) assert.match(stdout, new RegExp(`^ {2}migrate volume ${name}\\b`, 'm'));
});

test('the shell completes what can be done with volumes', () => {
  const complete = (words: string): string => {
    const count = words.split(' ').length - 1;
    const line = `migrate() { $MIGRATE "$@"; }; eval "$(migrate completion)"; COMP_WORDS=(${words}); COMP_CWORD=${count}; _migrate; echo "\${COMPREPLY[*]}"`;
    return shell(line).stdout.trimEnd();
  };
  assert.equal(complete('migrate volume des'), 'destroy');
  assert.equal(complete('migrate volume gc --keep-l'), '--keep-last');
});

const refusals: Readonly<Record<string, RegExp>> = {
  volume: /^migrate: migrate volume needs one of ls, create, /,
  'volume move': /^migrate: Unknown command "volume move"\n {2}See migrate volume --help$/,
  'volume tag monday@db': /^migrate: migrate volume tag needs TAG@VOLUME for the new one, and what it is made from\n/,
  'volume ls a b': /^migrate: "b" is one argument too many for migrate volume ls\n {2}See migrate volume ls --help$/,
  'volume ls --store=': /^migrate: Cannot tell what is meant: --store is empty\n/,
  'volume hold a@b --for x --for y': /^migrate: Cannot tell what is meant: --for is given 2 times\n/,
  'volume gc --keep-last 0': /^migrate: Cannot tell what is to stay: --keep-last takes one whole number, from 1 on\n/,
  'volume gc --keep-days many': /--keep-days takes one whole number, from 0 on\n/,
  'volume create db --class junk': /^migrate: --class "junk" is none of "system", "config", "state", "data"\n/,
  'volume create ../db': /^migrate: Cannot use the name "\.\.\/db": "\.\." does not begin with a letter or digit\n/,
  'volume ls':
    /^migrate: There is no store in \/dev\/shm: it has no store\.json\n {2}Name the directory with --store DIR/,
  'store create /nowhere --backend btrfs': /^migrate: Cannot use \/nowhere: it does not exist$/,
  'store create /dev/shm --backend tape':
    /^migrate: --backend "tape" is none of "btrfs", "overlay", "lvm-thin", "zfs"\n/,
};

for (const [words, says] of Object.entries(refusals)) {
  test(`migrate ${words} is refused in one clear line, with exit code 2`, () => {
    const { status, stdout, stderr } = migrate(words.split(' '), { environment: { MIGRATE_STORE: '/dev/shm' } });
    assert.match(stderr.trimEnd(), says);
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
  });
}

test('volumes are refused to anyone but root', () => {
  const { status, stderr } = shell('setpriv --reuid=65534 --regid=65534 --clear-groups $MIGRATE volume ls');
  assert.match(stderr, /^migrate: Cannot run migrate volume ls: it needs root/);
  assert.equal(status, 2);
});

/** The commands of a day with what `--json` prints of each: its schema, and the fields behind it. */
const day: readonly (readonly [string, string, readonly string[]])[] = [
  ['volume create db --class state', 'migrate.volume-created/1', ['kind', 'name', 'uuid']],
  ['volume create db/main', 'migrate.volume-created/1', ['kind', 'name', 'uuid']],
  ['volume mount db/main MNT', 'migrate.volume-mounted/1', ['name', 'directory']],
  ['volume umount MNT', 'migrate.volume-unmounted/1', ['name', 'directory']],
  ['volume tag a@db db/main', 'migrate.volume-copied/1', ['kind', 'name', 'from', 'uuid', 'notes']],
  ['volume tag b@db db/main', 'migrate.volume-copied/1', ['kind', 'name', 'from', 'uuid', 'notes']],
  ['volume branch db/try a@db', 'migrate.volume-copied/1', ['kind', 'name', 'from', 'uuid', 'notes']],
  ['volume hold b@db', 'migrate.volume-holds/1', ['name', 'holds']],
  ['volume release b@db', 'migrate.volume-holds/1', ['name', 'holds']],
  ['volume log db/try', 'migrate.volume-log/1', ['line', 'complete']],
  ['volume diff a@db db/try', 'migrate.volume-diff/1', ['native', 'changes', 'boundaries', 'unreadable']],
  ['volume gc --dry-run', 'migrate.volume-gc/1', ['dryRun', 'tags', 'leftOvers']],
  ['volume destroy b@db', 'migrate.volume-destroyed/1', ['destroyed']],
  ['volume ls', 'migrate.volumes/1', ['volumes']],
  ['volume fsck', 'migrate.volume-fsck/1', ['repaired', 'lost', 'findings', 'oldLedger']],
];

test('--json prints one document with the promised fields, and nothing else', async () => {
  await withFilesystem('btrfs', (mountpoint) => {
    const [store, mnt] = [join(mountpoint, 'store'), join(mountpoint, 'mnt')];
    mkdirSync(store);
    const run = (line: string): Ended =>
      migrate([...line.replace('MNT', mnt).split(' '), '--json'], { environment: { MIGRATE_STORE: store } });
    const created = run(`store create ${store} --backend btrfs --host web1`);
    assert.deepEqual(fieldsOf(created), ['migrate.store-created/1', 'directory', 'instance', 'host', 'backend']);
    for (const [line, schema, fields] of day) assert.deepEqual(fieldsOf(run(line)), [schema, ...fields], line);
    assert.ok(existsSync(join(store, 'volumes/db/tags/a')));
  });
});

test('the host of a store is called as the machine, unless another name is given', async () => {
  await withFilesystem('ext4', (mountpoint) => {
    const { stdout } = migrate(['store', 'create', mountpoint, '--backend', 'overlay', '--json']);
    const { host } = JSON.parse(stdout) as { readonly host: string };
    assert.equal(host, shell('cat /proc/sys/kernel/hostname').stdout.trimEnd());
  });
});

function fieldsOf({ status, stdout, stderr }: Ended): string[] {
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.ok(stdout.endsWith('\n') && stdout.trimEnd().split('\n').length === 1, 'one line');
  const { schema, ...fields } = JSON.parse(stdout) as { readonly schema: string };
  return [schema, ...Object.keys(fields)];
}
