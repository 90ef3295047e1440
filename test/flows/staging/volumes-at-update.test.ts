import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Plan } from '../../../src/domain/plan.ts';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { migrationLog } from '../../../src/flows/migration-log.ts';
import { carryToVersion } from '../../../src/flows/staging/carry-to-version.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import { repairStore } from '../../../src/store/fsck.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { boot, goTo, lineOf, preview } from './boot-machine.ts';
import { type Content, fill, imageContent, type Machine, withMachine } from './machine.ts';

const first = 'debian-12.1';
const declared = 'volume app /etc/app class=config\nvolume db /var/lib/db class=state\nvolume srv /srv class=data\n';
const declaration: Content = { 'etc/migrate/volumes.d/local.volume': declared };

/** Settings of three lines, far enough from each other to be merged. */
const settings = (port: number, log: string, colour: string): string =>
  `port ${port}\n\nuser www\n\nlog ${log}\n\n\ncolour ${colour}\n`;

/** What an image ships at the mount points: each release has another line in the settings. */
const release = (version: number, more: Content = {}): Content =>
  imageContent(version, {
    'etc/app/app.conf': settings(80, `log-${version}`, 'grey'),
    'etc/app/kept': 'the same in all\n',
    'var/lib/db/schema': `schema ${version}\n`,
    'srv/readme': `of the image ${version}\n`,
    ...more,
  });

type Start = { readonly image?: Content; readonly changes?: Content };

/** A machine in a store, that declares its volumes and has not booted with them yet; `second` is the image that comes. */
async function withOld(body: (machine: Machine) => Promise<void>, { image = {}, changes = {} }: Start = {}) {
  await withMachine(async (machine) => {
    fill(machine.root, { ...release(12, image), ...declaration, ...changes });
    await machine.init(machine.image('base', release(12, image)));
    await body(machine);
  });
}

const imported = (machine: Machine, version: number, more: Content = {}): Promise<string> =>
  machine.import(machine.image(`image-${version}-${Object.keys(more).length}`, release(version, more)));

const inVolume = (machine: Machine, id: string, path: string, volume = 'app'): string =>
  join(machine.pathOf('branch', id, volume), path);

const flagsOf = (path: string): string =>
  execFileSync('lsattr', ['-d', path], { encoding: 'utf8' }).split(' ')[0]?.replaceAll('-', '') ?? '';

const chattr = (flags: string, ...paths: string[]): string => execFileSync('chattr', [flags, ...paths]).toString();

/** A socket, as a service leaves it that is killed. */
function leaveSocket(path: string): void {
  const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', program, path]);
  assert.ok(statSync(path).isSocket());
}

const decided = ({ decisions }: Plan, below: string): string[] =>
  decisions.filter(({ path }) => path.startsWith(below)).map(({ path, decision }) => `${path} ${decision}`);

test('cases 29, 108, 120: settings have the new lines of the image and those changed here, from the first binding on, and each version keeps its own', async () => {
  await withOld(
    async (machine) => {
      const second = await goTo(machine, await imported(machine, 13), first);
      assert.equal(machine.read('branch', second.id, 'app.conf', 'app'), settings(80, 'log-13', 'red'));
      assert.equal(machine.read('branch', second.id, 'schema', 'db'), 'schema 13\n');
      writeFileSync(inVolume(machine, second.id, 'app.conf'), settings(8080, 'log-13', 'red'));
      writeFileSync(inVolume(machine, second.id, 'rows', 'db'), 'written by a service\n');
      const third = await goTo(machine, await imported(machine, 14), second.id);
      assert.equal(machine.read('branch', third.id, 'app.conf', 'app'), settings(8080, 'log-14', 'red'));
      assert.equal(machine.read('branch', third.id, 'schema', 'db'), 'schema 14\n');
      assert.equal(machine.read('branch', third.id, 'rows', 'db'), 'written by a service\n');
      // A rollback finds what was left, and data is what it was whatever the images ship.
      assert.equal(machine.read('branch', second.id, 'app.conf', 'app'), settings(8080, 'log-13', 'red'));
      assert.equal(machine.read('branch', second.id, 'schema', 'db'), 'schema 13\n');
      assert.equal(machine.version(third.id).bindings['srv'], 'main');
      assert.equal(machine.read('branch', 'main', 'readme', 'srv'), 'of the image 12\n');
      assert.deepEqual(machine.problems(), []);
    },
    { changes: { 'etc/app/app.conf': settings(80, 'log-12', 'red') } },
  );
});

test('cases 21, 22, 23: what was deleted in a volume, here or in the image, is decided as in a root; stage, preview, log and boot say the same', async () => {
  const shipped = { 'etc/app/one': '1\n', 'etc/app/two': '2\n', 'etc/app/three': '3\n' };
  await withOld(
    async (machine) => {
      const { id } = await goTo(machine, await imported(machine, 13, shipped), first);
      rmSync(inVolume(machine, id, 'one'));
      rmSync(inVolume(machine, id, 'two'));
      writeFileSync(inVolume(machine, id, 'three'), 'changed here\n');
      const { 'etc/app/three': _, ...left } = shipped;
      const image = await imported(machine, 14, { ...left, 'etc/app/two': 'newer\n' });
      const { version, plan: predicted } = machine.stage({ image, parent: id });
      const { plan: shown } = await preview(machine, version.id);
      const { plan } = await boot(machine, version.id);
      assert.ok(plan !== null);
      for (const name of ['one', 'two']) assert.ok(!existsSync(inVolume(machine, version.id, name)), name);
      assert.equal(machine.read('branch', version.id, 'three', 'app'), 'changed here\n');
      const below = ['/etc/app/one deleted', '/etc/app/three ours', '/etc/app/two deleted'];
      assert.deepEqual(decided(plan, '/etc/app/'), below);
      for (const other of [predicted, shown]) assert.deepEqual(decided(other, '/etc/app/'), below);
      const named = plan.items.map(({ paths }) => paths.join()).filter((paths) => paths.startsWith('/etc/app/'));
      assert.deepEqual(named.sort(), ['/etc/app/three', '/etc/app/two']);
      const { versions } = migrationLog(machine.place, { id: version.id, path: '/etc/app/three' });
      const [migration] = versions.flatMap(({ migrations }) => migrations);
      assert.deepEqual(
        migration?.plan?.decisions.map(({ path }) => path),
        ['/etc/app/three'],
      );
    },
    { image: shipped },
  );
});

test('case 47: files that the image brings into a volume belong to the account of their name on this machine', async () => {
  const passwd = (number: number): string => `root:x:0:0::/root:/bin/sh\n_app:x:${number}:${number}::/:/bin/false\n`;
  const group = (number: number): string => `root:x:0:\n_app:x:${number}:\n`;
  const accounts = (number: number): Content => ({ 'etc/passwd': passwd(number), 'etc/group': group(number) });
  await withOld(
    async (machine) => {
      const { id } = await goTo(machine, await imported(machine, 13, accounts(900)), first);
      const directory = machine.image('other', release(14, { ...accounts(901), 'etc/app/new.key': 'secret\n' }));
      for (const name of ['new.key', 'kept']) execFileSync('chown', ['901:901', join(directory, 'etc/app', name)]);
      const next = await goTo(machine, await machine.import(directory), id);
      const owners = ['new.key', 'kept'].map((name) =>
        execFileSync('stat', ['--format', '%u:%g', inVolume(machine, next.id, name)], { encoding: 'utf8' }).trim(),
      );
      assert.deepEqual(owners, ['900:900', '900:900']);
    },
    { image: accounts(900) },
  );
});

test('what waits for a choice in a volume stops the update as in a root, and an answer is followed', async () => {
  const policy = 'persist /etc/app/** strategy=ask\npersist /etc/app/licence required\n';
  await withOld(
    async (machine) => {
      const { id } = await goTo(machine, await imported(machine, 13), first);
      rmSync(inVolume(machine, id, 'licence'));
      const image = await imported(machine, 14);
      const unlicensed = machine.stage({ image, parent: id });
      const keys = unlicensed.waiting.map(({ key }) => key);
      assert.deepEqual([unlicensed.version.state, keys.length], ['staged', 1]);
      assert.match(keys.join(), /required/);
      writeFileSync(inVolume(machine, id, 'licence'), 'here\n');
      writeFileSync(inVolume(machine, id, 'app.conf'), settings(80, 'here', 'grey'));
      const { plan } = machine.stage({ image, parent: id });
      const item = plan.items.find(({ paths }) => paths.includes('/etc/app/app.conf'));
      const theirs = item?.resolutions.find(({ id: resolution }) => resolution === 'theirs');
      assert.ok(item !== undefined && theirs !== undefined, JSON.stringify(item));
      const choices = new Map([[item.key, { fingerprint: item.fingerprint, resolution: theirs.id }]]);
      const { version } = machine.stage({ image, parent: id, choices });
      assert.equal(version.state, 'armed');
      await boot(machine, version.id);
      assert.equal(machine.read('branch', version.id, 'app.conf', 'app'), settings(80, 'log-14', 'grey'));
      assert.equal(machine.read('branch', id, 'app.conf', 'app'), settings(80, 'here', 'grey'));
    },
    { changes: { 'etc/migrate/policy.d/local.policy': policy, 'etc/app/licence': 'here\n' } },
  );
});

test('a volume that no image has anything for, or that the policy leaves to the image, is branched as it is', async () => {
  const more = 'volume own /etc/own class=state\n';
  const changes = {
    'etc/migrate/volumes.d/local.volume': declared + more,
    'etc/migrate/policy.d/local.policy': 'ignore /var/lib/db/**\n',
    'etc/own/name': 'first\n',
    'var/lib/db/rows': 'old\n',
  };
  await withOld(
    async (machine) => {
      const second = await goTo(machine, await imported(machine, 13), first);
      assert.equal(machine.read('branch', second.id, 'name', 'own'), 'first\n');
      assert.equal(machine.read('branch', second.id, 'rows', 'db'), 'old\n');
      writeFileSync(inVolume(machine, second.id, 'name', 'own'), 'second\n');
      writeFileSync(inVolume(machine, second.id, 'rows', 'db'), 'new\n');
      const third = await goTo(machine, await imported(machine, 14), second.id);
      assert.equal(machine.read('branch', third.id, 'name', 'own'), 'second\n');
      assert.equal(machine.read('branch', third.id, 'rows', 'db'), 'new\n');
      assert.equal(machine.read('branch', third.id, 'schema', 'db'), 'schema 12\n');
      assert.ok(third.plan !== null);
      assert.deepEqual(decided(third.plan, '/etc/own/'), [], 'what its root has below the volume is hidden, and left');
      assert.ok(!existsSync(join(machine.pathOf('branch', third.id), 'etc/own/name')));
      assert.deepEqual(machine.problems(), []);
    },
    { changes },
  );
});

test('with what was changed: settings of both versions meet in the new one, told from what was committed, whoever brought them', async () => {
  const own = 'etc/own/own.conf';
  const changes = {
    'etc/migrate/volumes.d/local.volume': `${declared}volume own /etc/own class=config\n`,
    [own]: settings(1, 'own', 'grey'),
  };
  await withOld(
    async (machine) => {
      const second = await goTo(machine, await imported(machine, 13), first);
      const third = await goTo(machine, await imported(machine, 14), second.id);
      writeFileSync(inVolume(machine, third.id, 'app.conf'), settings(80, 'log-14', 'of the third'));
      writeFileSync(inVolume(machine, third.id, 'own.conf', 'own'), settings(1, 'own', 'of the third'));
      chattr('+i', inVolume(machine, third.id, 'kept'));
      leaveSocket(inVolume(machine, third.id, 'live'));
      switchVersion(machine.place, { direction: 'rollback', to: second.id, from: third.id, data: 'follow' });
      markGood(machine.place, second.id);
      writeFileSync(inVolume(machine, second.id, 'app.conf'), settings(8080, 'log-13', 'grey'));
      writeFileSync(inVolume(machine, second.id, 'own.conf', 'own'), settings(2, 'own', 'grey'));
      const request = { direction: 'forward', to: third.id, from: second.id } as const;
      const quiet = { choices: null, changeSources: [], onProgress: () => undefined };
      const { version, notes } = carryToVersion(machine.place, request, quiet);
      assert.deepEqual(notes, ['in the copy of the volume app, /etc/app/live: it is a socket, which is not copied']);
      await boot(machine, version.id);
      const read = (id: string, path: string, volume: string): string => machine.read('branch', id, path, volume);
      assert.equal(read(version.id, 'app.conf', 'app'), settings(8080, 'log-14', 'of the third'));
      assert.equal(read(version.id, 'own.conf', 'own'), settings(2, 'own', 'of the third'));
      assert.equal(flagsOf(inVolume(machine, version.id, 'kept')), 'i');
      assert.equal(read(third.id, 'app.conf', 'app'), settings(80, 'log-14', 'of the third'));
      assert.equal(read(third.id, 'own.conf', 'own'), settings(1, 'own', 'of the third'));
      assert.deepEqual(machine.problems(), []);
    },
    { changes },
  );
});

test('flags and hard links of what is in migrated volumes are kept, from the first binding on', async () => {
  await withOld(async (machine) => {
    const at = (path: string): string => join(machine.root, 'var/lib/db', path);
    fill(at(''), { 'deep/cow': '' });
    chattr('+C', at('deep'));
    fill(at(''), { 'deep/pages': 'pages\n', locked: 'locked\n' });
    for (const name of ['again', 'deep/again']) linkSync(at('locked'), at(name));
    chattr('+i', at('locked'));
    chattr('+a', at('deep'));
    let parent = first;
    for (const version of [13, 14]) {
      const { id } = await goTo(machine, await imported(machine, version), parent);
      const flags = ['locked', 'deep', 'deep/pages', 'deep/cow', 'schema'].map((path) =>
        flagsOf(inVolume(machine, id, path, 'db')),
      );
      assert.deepEqual(flags, ['i', 'aC', 'C', '', ''], id);
      const names = ['locked', 'again', 'deep/again'].map((name) => statSync(inVolume(machine, id, name, 'db')).ino);
      assert.equal(new Set(names).size, 1, id);
      assert.equal(machine.read('branch', id, 'deep/pages', 'db'), 'pages\n');
      parent = id;
    }
    assert.deepEqual(machine.problems(), []);
  });
});

/** A boot that makes no version; what it leaves mounted is taken away, and the machine is the parent's again. */
async function refusesToBoot(
  machine: Machine,
  { id, parent }: VersionRecord,
  refusal: { readonly code: string; readonly message: RegExp },
): Promise<void> {
  await assert.rejects(boot(machine, id), refusal);
  assert.deepEqual(machine.version(id).bindings, {});
  const mounted = execFileSync('findmnt', ['--raw', '--noheadings', '--output', 'TARGET'], { encoding: 'utf8' });
  const left = mounted.split('\n').filter((path) => path.startsWith(join(machine.work, 'run/')));
  for (const path of left.reverse()) execFileSync('umount', [path]);
  assert.ok(parent !== null);
  switchVersion(machine.place, { direction: 'rollback', to: parent, from: id, data: 'follow' });
  markGood(machine.place, parent);
}

/** What stage says that the boot would refuse; that boot is not armed. */
function foretold(machine: Machine, image: string, parent: string): string {
  const { version, plan, waiting } = machine.stage({ image, parent, force: true });
  const [item, ...more] = waiting;
  assert.deepEqual([version.state, item?.key, more], ['staged', 'volumes-refused:/', []]);
  assert.ok(item !== undefined && plan.items.includes(item) && plan.summary.items.error === 1);
  assert.throws(() => lineOf(machine, version.id));
  return item.detail;
}

test('case 121: a subvolume in a migrated volume is never lost: the update is refused, also with what was changed', async () => {
  await withOld(async (machine) => {
    const second = await goTo(machine, await imported(machine, 13), first);
    const third = await goTo(machine, await imported(machine, 14), second.id);
    const base = inVolume(machine, third.id, 'base', 'db');
    const image = await imported(machine, 15);
    const { version } = machine.stage({ image, parent: third.id });
    assert.equal(version.state, 'armed');
    execFileSync('btrfs', ['-q', 'subvolume', 'create', base]);
    fill(base, { rows: 'in the subvolume\n' });
    const refusal = { code: 'nested', message: /volume db: another filesystem or subvolume begins in it at \/base$/ };
    await refusesToBoot(machine, version, refusal);
    assert.match(
      foretold(machine, image, third.id),
      /volume db: another filesystem or subvolume begins in it at \/base\./,
    );
    switchVersion(machine.place, { direction: 'rollback', to: second.id, from: third.id, data: 'follow' });
    markGood(machine.place, second.id);
    const request = { direction: 'forward', to: third.id, from: second.id } as const;
    const quiet = { choices: null, changeSources: [], onProgress: () => undefined };
    assert.throws(() => carryToVersion(machine.place, request, quiet), refusal);
    assert.equal(machine.read('branch', third.id, 'base/rows', 'db'), 'in the subvolume\n');
    // A volume of its own takes what the subvolume holds, and nothing is lost.
    const own = { 'etc/migrate/volumes.d/base.volume': 'volume base /var/lib/db/base class=state\n' };
    fill(machine.pathOf('branch', third.id), own);
    const fourth = await goTo(machine, await imported(machine, 16), third.id);
    assert.equal(machine.read('branch', fourth.id, 'rows', 'base'), 'in the subvolume\n');
    assert.equal(machine.read('branch', fourth.id, 'schema', 'db'), 'schema 16\n');
  });
});

test('whatever the boot would refuse of the volumes, stage says before it arms', async () => {
  const own = 'etc/migrate/volumes.d/own.volume';
  await withOld(
    async (machine) => {
      const second = await goTo(machine, await imported(machine, 13), first);
      const root = machine.pathOf('branch', second.id);
      const plain = await imported(machine, 14);
      const declares = (text: string): Content => ({ 'usr/lib/migrate/volumes.d/image.volume': text });
      const foretells = (image: string): string => foretold(machine, image, second.id);

      // Of what the image declares, and of a file that both have a part in.
      const damaged = await imported(machine, 15, declares('volume\n'));
      assert.match(foretells(damaged), /image.volume.*line 1/);
      const other = await imported(machine, 16, declares('volume own /var/own class=data\n'));
      rmSync(join(root, own));
      assert.match(foretells(other), /declares it as data, and the store has it as state/);
      fill(root, { [own]: 'volume own /var/own class=state\n' });
      assert.match(foretells(other), /own/, 'two of one name');

      // Of what lies at the mount point here, and there.
      const linked = machine.image('linked', release(17));
      rmSync(join(linked, 'srv'), { recursive: true });
      symlinkSync('/var', join(linked, 'srv'));
      assert.match(foretells(await machine.import(linked)), /Cannot mount a volume at \/srv: \/srv is no directory/);
      fill(root, { 'etc/migrate/volumes.d/new.volume': 'volume new /opt/new class=data\n' });
      symlinkSync('/srv', join(root, 'opt'));
      assert.match(foretells(plain), /Cannot mount a volume at \/opt\/new: \/opt is no directory/);
      rmSync(join(root, 'opt'));

      // Of the store: a subvolume in what is branched as it is, and a branch that is gone.
      const nested = inVolume(machine, second.id, 'nested', 'own');
      execFileSync('btrfs', ['-q', 'subvolume', 'create', nested]);
      assert.match(
        foretells(plain),
        /Cannot copy all of the volume own: another filesystem or subvolume begins in it at \/nested/,
      );
      execFileSync('btrfs', ['-q', 'subvolume', 'delete', nested]);
      // What is mounted there while the machine runs is not there at the boot.
      mkdirSync(nested);
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', nested]);
      try {
        assert.equal(machine.stage({ image: plain, parent: second.id, force: true }).version.state, 'armed');
      } finally {
        execFileSync('umount', [nested]);
      }
      renameSync(inVolume(machine, second.id, '', 'own'), join(machine.top, 'elsewhere'));
      rmSync(`${inVolume(machine, second.id, '', 'own').replace(/\/$/, '')}.json`, { force: true });
      repairStore(machine.place);
      assert.match(foretells(plain), /uses its branch debian-13.2, and the store does not have that/);

      rmSync(join(root, own));
      const { version } = machine.stage({ image: plain, parent: second.id, force: true });
      assert.equal(version.state, 'armed');
      await boot(machine, version.id);
      assert.equal(machine.version(version.id).bindings['new'], 'main');
    },
    { changes: { [own]: 'volume own /var/own class=state\n', 'var/own/rows': '1\n' } },
  );
});

test('case 120: a volume that is first declared where a subvolume is starts with what that holds', async () => {
  await withOld(async (machine) => {
    const at = join(machine.root, 'var/lib/db');
    rmSync(at, { recursive: true });
    execFileSync('btrfs', ['-q', 'subvolume', 'create', at]);
    fill(at, { rows: 'in the subvolume\n' });
    const { id } = await goTo(machine, await imported(machine, 13), first);
    assert.equal(machine.read('branch', id, 'rows', 'db'), 'in the subvolume\n');
  });
});

test('case 120: a volume that an image renames goes on with what it holds, migrated or not', async () => {
  const file = 'usr/lib/migrate/volumes.d/own.volume';
  const declares = (...lines: string[]): Content => ({
    [file]: lines.map((line) => `volume ${line} class=state\n`).join(''),
  });
  const before = ['cache /var/cache/own', 'state /var/lib/own'];
  const shipped = { 'var/lib/own/conf': settings(1, 'own', 'grey') };
  await withOld(
    async (machine) => {
      const second = await goTo(machine, await imported(machine, 13, { ...shipped, ...declares(...before) }), first);
      writeFileSync(inVolume(machine, second.id, 'rows', 'cache'), 'of no image\n');
      writeFileSync(inVolume(machine, second.id, 'conf', 'state'), settings(2, 'own', 'grey'));
      const after = {
        'var/lib/own/conf': settings(1, 'own', 'red'),
        ...declares('kept /var/cache/own', 'own /var/lib/own'),
      };
      const third = await goTo(machine, await imported(machine, 14, after), second.id);
      assert.equal(machine.read('branch', third.id, 'rows', 'kept'), 'of no image\n');
      assert.equal(machine.read('branch', third.id, 'conf', 'own'), settings(2, 'own', 'red'));
      assert.ok(third.messages.includes('volume cache is declared no more, and nothing mounts it'));
    },
    { image: { ...shipped, ...declares(...before) } },
  );
});

test('case 120: a volume that was renamed on the machine is refused, for its root has only what it began with', async () => {
  await withOld(async (machine) => {
    const second = await goTo(machine, await imported(machine, 13), first);
    writeFileSync(inVolume(machine, second.id, 'rows', 'db'), 'written since\n');
    const file = join(machine.pathOf('branch', second.id), 'etc/migrate/volumes.d/local.volume');
    const image = await imported(machine, 14);
    for (const [name, path] of [
      ['database', '/var/lib/db'],
      ['inner', '/var/lib/db/inner'],
    ]) {
      writeFileSync(file, declared);
      const { version } = machine.stage({ image, parent: second.id, force: true });
      writeFileSync(file, declared.replace('db /var/lib/db', `${name} ${path}`));
      const message = new RegExp(
        `fill the volume ${name}: .* mounts the volume db at /var/lib/db and declares it there no`,
      );
      await refusesToBoot(machine, version, { code: 'mount-point', message });
      assert.match(foretold(machine, image, second.id), message);
    }
    writeFileSync(file, declared);
    const third = await goTo(machine, await imported(machine, 15), second.id);
    assert.equal(machine.read('branch', third.id, 'rows', 'db'), 'written since\n');
  });
});

test('a migrated volume that an image puts elsewhere keeps its branch, and a note names the copy that is left', async () => {
  const file = 'usr/lib/migrate/volumes.d/own.volume';
  const at = (place: string): Content => ({
    [file]: `volume own ${place} class=state\n`,
    'var/lib/own/conf': 'conf\n',
  });
  await withOld(
    async (machine) => {
      const second = await goTo(machine, await imported(machine, 13, at('/var/lib/own')), first);
      assert.ok(!second.messages.some((message) => message.includes('keeps a copy')));
      writeFileSync(inVolume(machine, second.id, 'rows', 'own'), 'written since\n');
      const third = await goTo(machine, await imported(machine, 14, at('/srv/own')), second.id);
      assert.equal(machine.read('branch', third.id, 'rows', 'own'), 'written since\n');
      assert.ok(third.messages.includes('volume own was at /var/lib/own, where the root keeps a copy'));
      assert.equal(machine.read('branch', third.id, 'var/lib/own/rows'), 'written since\n');
    },
    { image: at('/var/lib/own') },
  );
});

/** How many calls lie between two places where a boot is killed. */
const stride = process.env['MIGRATE_KILLS'] === 'all' ? 1 : 23;

test('case 107: a boot that is killed anywhere changes nothing of the old volumes, and the next one makes the new ones', async () => {
  await withOld(async (machine) => {
    const { id } = await goTo(machine, await imported(machine, 13), first);
    const image = await imported(machine, 14);
    let at = 1;
    for (let isOver = false; !isOver; at += stride) {
      const mine = settings(80 + at, 'log-13', 'grey');
      writeFileSync(inVolume(machine, id, 'app.conf'), mine);
      const { version } = machine.stage({ image, parent: id, force: true });
      const { system, isDead } = cutSystem({ at, moment: 'before' });
      const line = lineOf(machine, version.id);
      await boot(machine, version.id, system, line).catch((error) => {
        if (!isDead()) throw error;
      });
      isOver = !isDead();
      assert.equal(machine.read('branch', id, 'app.conf', 'app'), mine, `call ${at}`);
      await boot(machine, version.id, undefined, line);
      const conf = machine.read('branch', version.id, 'app.conf', 'app');
      assert.equal(conf, settings(80 + at, 'log-14', 'grey'), `call ${at}`);
      assert.equal(machine.read('branch', id, 'app.conf', 'app'), mine, `call ${at}`);
      assert.deepEqual(machine.version(version.id).bindings, { app: version.id, db: version.id, srv: 'main' });
      assert.ok(
        machine.objects().every((name) => !name.includes('filling')),
        machine.objects().join(),
      );
      assert.deepEqual(machine.problems(), [], `call ${at}`);
      switchVersion(machine.place, { direction: 'rollback', to: id, from: version.id, data: 'follow' });
      markGood(machine.place, id);
    }
    assert.ok(at > 5 * stride, `only ${at} calls`);
  });
});
