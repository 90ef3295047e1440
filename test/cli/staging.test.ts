import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemVolume } from '../../src/domain/version.ts';
import { changeState, systemPlace } from '../../src/flows/staging/change-version.ts';
import { objectAt, volumeNamed } from '../../src/store/ledger-state.ts';
import { makeObject } from '../../src/store/make-object.ts';
import { changeStore } from '../../src/store/open-store.ts';
import { writeVersion } from '../../src/versions/records.ts';
import { fill, imageContent, type Machine, withMachine } from '../flows/staging/machine.ts';
import { must, run } from './on-machine.ts';
import { migrate } from './run-migrate.ts';

const refusals: Readonly<Record<string, RegExp>> = {
  stage: /^migrate: migrate stage needs an IMAGE, or the name of one in the store$/m,
  'init --image=': /--image is empty/,
  'stage image.tar --parent=': /--parent is empty/,
  'rollback --data keep --data follow': /--data says keep and follow of all data/,
  'rollback --data /home=keep --data /home/=follow': /--data says keep and follow of \/home/,
  'rollback --data home=keep': /--data "home=keep" is none of "follow", "keep"/,
  'forward --data /home': /--data "\/home" is none of "follow", "keep"/,
  'rollback --data newest': /--data "newest" is none of "follow", "keep"/,
  'rollback --carry --data keep': /with --carry the data in use is taken along/,
  'mark-good a b': /"b" is one argument too many/,
  'entry --store /dev/shm': /There is no store in \/dev\/shm/,
  'init --root /proc --digest sha256:0':
    /--digest is about the image .*, and no --image is named\n {2}See migrate init --help/,
  'init --root /proc': /Cannot put \/proc into a store: it is all of a filesystem of the kind proc/,
};

for (const [words, message] of Object.entries(refusals)) {
  test(`migrate ${words} is refused with 2 and one clear line`, () => {
    const { status, stdout, stderr } = migrate(words.split(' '), { environment: { MIGRATE_STORE: '/dev/shm' } });
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' }, stderr);
    assert.match(stderr, message);
  });
}

function archive(machine: Machine, name: string, release: number): string {
  const file = join(machine.work, `${name}.tar`);
  execFileSync('tar', ['-C', machine.image(name, imageContent(release)), '-cf', file, '.']);
  return file;
}

test('a machine comes under a store, a version is staged, and each says what is to be done next', async () => {
  await withMachine((machine) => {
    const { status, stdout, stderr } = run(
      machine,
      ...['init', '--root', machine.root, '--image', archive(machine, 'base', 12), '--host', 'atlas'],
    );
    assert.equal(status, 0, stderr);
    assert.match(stderr, /^migrate: the image debian-12-[0-9a-f]{12} is in the store, sha256:[0-9a-f]{64}\n$/);
    const [, first = ''] = /this machine is its version (\S+)\n/.exec(stdout) ?? [];
    assert.match(
      stdout,
      /\nThe root lies in it, and starts under the name \/@v1 as before\nVolumes of data, from the next version on: home at \/home, srv at \/srv; \/etc\/migrate\/volumes\.d\/10-init\.volume declares them\n$/,
    );
    const again = run(machine, 'init', '--root', machine.root);
    assert.deepEqual([again.status, again.stdout], [2, '']);
    assert.match(again.stderr, /is in a store already\n {2}See it with migrate status/);

    const source = archive(machine, 'next', 13);
    const staged = JSON.parse(must(machine, 'stage', source, '--parent', first, '--no-arm', '--json'));
    assert.deepEqual([staged.schema, staged.version.state, staged.waiting], ['migrate.staged/1', 'staged', []]);
    const armed = must(machine, 'stage', staged.version.image, '--parent', first);
    assert.match(
      armed,
      new RegExp(`is armed in place of ${staged.version.id}, which no boot has made: made from debian-13-`),
    );
    const entry = must(machine, 'entry');
    assert.match(
      entry,
      /^version {2}debian-13-\S+\nkernel {3}\/migrate\/\S+\/boot\/vmlinuz-6\.13\ninitrd {3}\S+\noptions {2}root=UUID=/,
    );
    const { kernel, commandLine, kernelRelease, notes } = JSON.parse(must(machine, 'entry', '--json'));
    assert.ok(entry.includes(kernel) && entry.includes(commandLine));
    assert.deepEqual([kernelRelease, notes.length], ['6.13', 1]);
    assert.match(
      run(machine, 'entry').stderr,
      /^migrate: note: its image has no \/usr\/lib\/migrate\/migrate\.cpio\.zst: /,
    );
    fill(machine.root, {
      'usr/lib/modules/6.99/modules.dep': '',
      'boot/vmlinuz-6.99': '',
      'boot/initrd.img-6.99': '',
    });
    const upgraded = run(machine, 'entry', first);
    assert.deepEqual(
      [upgraded.status, upgraded.stderr],
      [0, 'migrate: note: the newest kernel of its root is 6.99, which this entry starts; its image has 6.12\n'],
    );
    assert.match(upgraded.stdout, /^kernel {3}\/migrate\/volumes\/system\/branches\/\S+\/boot\/vmlinuz-6\.99$/m);
    const unknown = run(machine, 'stage', source);
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /this machine runs no version of the store\n {2}Name it with --parent VERSION/);
  });
});

test('init declares no volumes where it is told not to, in either way', async () => {
  for (const word of ['--no-volumes', '--volumes=false']) {
    await withMachine((machine) => {
      const { volumes } = JSON.parse(must(machine, 'init', '--root', machine.root, word, '--json'));
      assert.equal(volumes, null, word);
    });
  }
});

test('what stage can refuse it refuses before it unpacks anything', async () => {
  await withMachine((machine) => {
    must(machine, 'init', '--root', machine.root);
    const before = machine.objects();
    const source = archive(machine, 'next', 13);
    fill(machine.work, { 'choices.json': 'no JSON' });
    for (const [words, message] of [
      [['--parent', 'debian-9.9'], /The store has no version "debian-9\.9": it has debian-12\.1/],
      [['--parent', 'debian-12.1', '--choices', join(machine.work, 'choices.json')], /choices\.json/],
      [[], /this machine runs no version of the store/],
    ] as const) {
      const { status, stdout, stderr } = run(machine, 'stage', source, ...words);
      assert.deepEqual([status, stdout], [2, ''], stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /is in the store/);
      assert.deepEqual(machine.objects(), before);
    }
    const staged = JSON.parse(must(machine, 'stage', source, '--parent', 'debian-12.1', '--json'));
    changeStore(machine.place, (store) =>
      changeState(store, machine.version(staged.version.id), ['migrating'], 'test'),
    );
    const began = run(machine, 'stage', archive(machine, 'other', 14), '--parent', 'debian-12.1');
    assert.equal(began.status, 1);
    assert.match(began.stderr, /^migrate: Cannot go to another version: \S+ is migrating/);
  });
});

test('a tag that was made writable is told by fsck, image ls and status, and no more when it is read-only again', async () => {
  await withMachine((machine) => {
    must(machine, 'init', '--root', machine.root, '--image', machine.image('base', imageContent(12)));
    must(machine, 'volume', 'fsck');
    assert.deepEqual(JSON.parse(must(machine, 'image', 'ls', '--json')).images[0].writable, false);
    execFileSync('btrfs', ['property', 'set', '-t', 'subvol', machine.pathOf('tag', 'debian-12'), 'ro', 'false']);
    const checked = run(machine, 'volume', 'fsck', '--repair');
    assert.equal(checked.status, 1);
    const [, remedy = ''] =
      /^error {2}debian-12@system: somebody has made it writable, .*: (btrfs .*)$/m.exec(checked.stdout) ?? [];
    assert.match(must(machine, 'image', 'ls'), /somebody has made it writable: see migrate image verify debian-12$/m);
    assert.equal(JSON.parse(must(machine, 'image', 'ls', '--json')).images[0].writable, true);
    const status = run(machine, 'status');
    assert.equal(status.status, 1);
    assert.match(
      status.stderr,
      /^migrate: debian-12@system is a tag, and somebody has made it writable: see migrate volume fsck$/m,
    );
    execFileSync('sh', ['-c', remedy]);
    assert.match(must(machine, 'volume', 'fsck'), /^The ledger and the store agree$/m);
    must(machine, 'status');
  });
});

test('items that wait end with 3, and --choices answers them', async () => {
  await withMachine((machine) => {
    must(machine, 'init', '--root', machine.root);
    fill(machine.root, { 'etc/migrate/policy.d/local.policy': 'persist /etc/needed required\n' });
    const words = ['stage', machine.image('next', imageContent(13)), '--parent', 'debian-12.1'];
    const waiting = run(machine, ...words, '--json');
    assert.equal(waiting.status, 3, waiting.stderr);
    const { plan, waiting: keys } = JSON.parse(waiting.stdout);
    const items = plan.items.filter(({ key }: { key: string }) => keys.includes(key));
    const choices = items.map(({ key, fingerprint }: { key: string; fingerprint: string }) => {
      return [key, { fingerprint, resolution: 'go-on' }];
    });
    const document = JSON.stringify({ schema: 'migrate.choices/1', choices: Object.fromEntries(choices) });
    fill(machine.work, { 'choices.json': document });
    assert.match(run(machine, ...words).stdout, /\nNot armed: 1 item waits for a choice\n$/);
    assert.match(must(machine, ...words, '--choices', join(machine.work, 'choices.json')), / is armed in place of /);
  });
});

test('what the boot would refuse is told apart from what waits for a choice', async () => {
  await withMachine((machine) => {
    must(machine, 'init', '--root', machine.root);
    fill(machine.root, { 'etc/migrate/volumes.d/own.volume': 'volume own /opt/own class=data\n' });
    symlinkSync('/srv', join(machine.root, 'opt'));
    const { status, stdout } = run(
      machine,
      'stage',
      machine.image('next', imageContent(13)),
      '--parent',
      'debian-12.1',
    );
    assert.equal(status, 3);
    assert.match(
      stdout,
      /\nTo be put right first \(1\)\n {2}error {2}The boot would not make this version, .*\n .*\/opt is no dir/,
    );
    assert.doesNotMatch(stdout, /volumes-refused/, 'nothing answers it');
    assert.match(stdout, /\nNot armed: 1 error has to be put right first\n$/);
  });
});

test('case 64: where the boot would have no room stage ends with 3, and says how much is needed and where', async () => {
  await withMachine(
    (machine) => {
      must(machine, 'init', '--root', machine.root);
      fill(machine.root, { 'opt/film': '' });
      const { bavail, bsize } = statfsSync(machine.top);
      const [input, output] = ['if=/dev/urandom', `of=${join(machine.root, 'opt/film')}`];
      const count = Math.ceil((bavail * bsize * 0.6) / 2 ** 20);
      execFileSync('dd', [input, output, 'bs=1M', `count=${count}`, 'conv=fsync'], { stdio: 'pipe' });
      const words = ['stage', machine.image('next', imageContent(13)), '--parent', 'debian-12.1'];
      const { status, stdout } = run(machine, ...words);
      assert.equal(status, 3);
      const told =
        /error {2}There is no room for this version\n +The boot needs (\d+) MiB in \d+ files and directories in /;
      assert.ok(Number(told.exec(stdout)?.[1]) >= count, stdout);
      assert.match(stdout, /\nNot armed: 1 error has to be put right first\n$/);
      rmSync(join(machine.root, 'opt/film'));
      must(machine, ...words);
    },
    { size: '640M' },
  );
});

test('rollback names the data that would be turned back and ends with 3; --data answers, and mark-good ends the trial', async () => {
  await withMachine((machine) => {
    must(machine, 'init', '--root', machine.root, '--no-volumes');
    fill(machine.root, {
      'etc/migrate/volumes.d/local.volume': 'volume home /home class=data binding=version\n',
    });
    for (const branch of ['home', 'home/old', 'home/new']) must(machine, 'volume', 'create', branch);
    const next = machine.image('next', imageContent(13));
    const [old, id] = [
      'debian-12.1',
      JSON.parse(must(machine, 'stage', next, '--parent', 'debian-12.1', '--json')).version.id,
    ];
    changeStore(machine.place, (store) => {
      const volume = volumeNamed(store.state, systemVolume);
      const from = objectAt(store.state, systemPlace('branch', old))?.record ?? null;
      assert.ok(volume !== null && from !== null);
      makeObject(store, { volume, kind: 'branch', name: id, from });
      writeVersion(store.files, { ...machine.version(old), bindings: { home: 'old' } });
      changeState(store, { ...machine.version(id), bindings: { home: 'new' } }, ['migrating', 'trial'], 'for the test');
    });
    assert.equal(must(machine, 'mark-good', id), `${id} is now good; ${old} is retired\n`);
    assert.equal(must(machine, 'mark-good', id), `${id} was already good\n`);
    const undecided = run(machine, 'rollback', '--from', id);
    assert.equal(undecided.status, 3, undecided.stderr);
    assert.match(
      undecided.stdout,
      /^\/home goes back to \d{4}-\d\d-\d\d \d\d:\d\d\n.*volume home.*\n {2}--data follow: .*\n {2}--data keep: .*\nNothing is changed: say with migrate rollback debian-12\.1 --from \S+ --data follow\|keep what becomes of the data\n$/,
    );
    const document = JSON.parse(run(machine, 'rollback', '--from', id, '--json').stdout);
    assert.deepEqual([document.status, document.waiting[0].key], ['waiting', 'data-turned-back:/home']);
    assert.deepEqual(document.waiting[0].answers, ['follow', 'keep']);
    fill(machine.pathOf('branch', id), { 'srv/site': 'in the root\n' });
    const command = `migrate rollback debian-12\\.1 --from ${id}`;
    assert.match(
      run(machine, 'rollback', '--from', id).stdout,
      new RegExp(
        '\n {2}--data /home=keep: .*\n/srv goes back .*\n.*/srv/site was written last, on .*\n {2}--data /srv=follow: .*\n' +
          `Nothing is changed: say with ${command} --data /home=follow\\|keep --data /srv=follow what becomes of the data\n$`,
      ),
    );
    const left = run(machine, 'rollback', '--from', id, '--data', 'keep');
    assert.equal(left.status, 3, left.stderr);
    assert.match(
      left.stdout,
      new RegExp(
        `^/srv goes .*\n.*\n {2}--data /srv=follow: .*\n.* ${command} --data keep --data /srv=follow what .*\n$`,
      ),
    );
    assert.match(
      must(machine, 'rollback', '--from', id, '--data', 'keep', '--data', '/srv=follow'),
      /^debian-12\.1 is on trial: the next boot starts it as it was left; migrate entry prints/,
    );
    assert.equal(machine.version(old).bindings['home'], 'new');
    assert.match(must(machine, 'status'), /^Next boot +debian-12\.1, as it was left, on trial$/m);
    assert.deepEqual(JSON.parse(must(machine, 'status', '--json')).next, { version: old, state: 'trial' });
    assert.match(must(machine, 'volume', 'ls'), /^ {2}tag +debian-13@system .* purpose: image$/m);
    changeStore(machine.place, (store) => writeVersion(store.files, { ...machine.version(id), removing: true }));
    assert.match(must(machine, 'versions'), new RegExp(`${id} .* being removed: migrate prune goes on with it$`, 'm'));
    changeStore(machine.place, (store) => writeVersion(store.files, { ...machine.version(id), removing: false }));
    const noWay = run(machine, 'forward', '--from', id);
    assert.deepEqual([noWay.status, noWay.stdout], [2, '']);
    assert.match(noWay.stderr, /has no newer version that was good/);
  });
});
