import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { initMachine } from '../../../src/flows/staging/init-machine.ts';
import { Killed } from '../../apply/interruption.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { fill, imageContent, type Machine, withMachine } from './machine.ts';

const kept = 'atlas\n';

test('a machine with its image comes under a store: its root is a branch, a version, and starts under its old name', async () => {
  await withMachine(async (machine) => {
    const { version, store, subvolume } = await machine.init(machine.image('base', imageContent(12)));
    assert.deepEqual([version.id, store, subvolume], ['debian-12.1', '/migrate', '/@v1']);
    const { state, image, base, branch, born, parent } = machine.version('debian-12.1');
    assert.deepEqual(
      { state, image, base, branch, born, parent },
      {
        ...{ state: 'good', image: 'debian-12', base: 'debian-12', branch: 'debian-12.1', born: null, parent: null },
      },
    );
    assert.deepEqual(machine.objects(), [
      'debian-12@system version:debian-12.1',
      'system/debian-12.1 version:debian-12.1',
    ]);
    assert.equal(readlinkSync(join(machine.top, '@v1')), 'migrate/volumes/system/branches/debian-12.1');
    assert.equal(machine.read('branch', 'debian-12.1', 'etc/hostname'), kept);
    assert.equal(machine.read('tag', 'debian-12', 'etc/hostname'), 'debian\n');
    assert.equal(machine.bootsWith('@v1'), kept);
    // The root that runs is the branch: what it writes is there.
    writeFileSync(join(machine.root, 'etc/written'), 'since');
    assert.equal(machine.read('branch', 'debian-12.1', 'etc/written'), 'since');
    assert.match(
      version.boot?.commandLine ?? '',
      /^root=UUID=\S+ rootflags=subvol=migrate\/volumes\/system\/branches\/debian-12\.1 rw/,
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 66: without its image, what is there now is tagged, and no base is known', async () => {
  await withMachine(async (machine) => {
    const { version } = await machine.init(null);
    assert.deepEqual([version.image, version.base], ['found-debian-12.1', null]);
    assert.equal(machine.read('tag', 'found-debian-12.1', 'etc/hostname'), kept);
    assert.equal(machine.bootsWith('@v1'), kept);
    assert.deepEqual(machine.problems(), []);
    const next = await machine.import(machine.image('next', imageContent(13)));
    const { plan, version: staged } = machine.stage({ image: next, parent: version.id });
    assert.equal(staged.base, null);
    assert.ok(
      plan.items.some(({ key }) => key === 'no-base:/'),
      plan.items.map(({ key }) => key).join(),
    );
  });
});

test('a machine that is in a store is refused before its image is unpacked again', async () => {
  await withMachine(async (machine) => {
    await machine.init(null);
    const before = machine.objects();
    const base = machine.image('base', imageContent(12));
    await assert.rejects(machine.init(base), { code: 'initialized', message: `${machine.root} is in a store already` });
    assert.deepEqual(machine.objects(), before);
    assert.deepEqual(machine.problems(), []);
  });
});

test('a name of the machine that is another than its store has is refused, and the same one is not', async () => {
  await withMachine(async (machine) => {
    const { system, isDead } = cutSystem({ at: 30, moment: 'before' });
    await assert.rejects(machine.init(machine.image('base', imageContent(12)), system));
    assert.ok(isDead());
    const other = { root: machine.root, host: 'other', storeKinds, importBase: null, declareVolumes: false };
    await assert.rejects(initMachine(machine.place.system, other), {
      code: 'host',
      message: /Cannot call this machine "other": .* calls it "atlas"/,
      advice: /--host atlas/,
    });
    assert.deepEqual(machine.versions(), []);
    const { version } = await initMachine(machine.place.system, { ...other, host: null });
    assert.equal(version.id, 'debian-12.1');
    await assert.rejects(initMachine(machine.place.system, other), { code: 'host' });
    await assert.rejects(initMachine(machine.place.system, { ...other, host: 'atlas' }), { code: 'initialized' });
    assert.match(readFileSync(join(machine.top, 'migrate/store.json'), 'utf8'), /"atlas"/);
  });
});

test('a root that cannot be moved, or could not boot then, is refused, and nothing is changed', async () => {
  await withMachine(async (machine) => {
    machine.start('/');
    await assert.rejects(machine.init(null), {
      code: 'wrong-filesystem',
      message: /it is all of a filesystem of the kind btrfs/,
    });
    machine.stop();
    await assert.rejects(machine.init(null), { code: 'wrong-filesystem', message: /nothing is mounted there/ });
    await withFilesystem('tmpfs', async (other) => {
      execFileSync('mount', ['--bind', other, machine.root]);
      await assert.rejects(machine.init(null), {
        code: 'wrong-filesystem',
        message: /it is all of a filesystem of the kind tmpfs/,
      });
      execFileSync('umount', [machine.root]);
    });
    machine.start('@v1');
    rmSync(join(machine.root, 'boot/vmlinuz-6.12'));
    await assert.rejects(machine.init(null), { code: 'cannot-boot', message: /no kernel/ });
    assert.deepEqual(readdirSync(machine.top), ['@v1']);
  });
});

test('the kernel of the first version is that of its image, or its own where it has come to another', async () => {
  await withMachine(async (machine) => {
    const { version } = await machine.init(machine.image('base', imageContent(12)));
    assert.match(version.boot?.kernel ?? '', /^\/migrate\/volumes\/system\/tags\/debian-12\/boot\/vmlinuz-6\.12$/);
  });
  await withMachine(async (machine) => {
    for (const gone of ['boot/vmlinuz-6.12', 'usr/lib/modules/6.12'])
      rmSync(join(machine.root, gone), { recursive: true });
    fill(machine.root, { 'usr/lib/modules/6.13/modules.dep': '', 'boot/vmlinuz-6.13': '', 'boot/initrd.img-6.13': '' });
    const { version } = await machine.init(machine.image('base', imageContent(12)));
    assert.match(version.boot?.kernel ?? '', /\/branches\/debian-12\.1\/boot\/vmlinuz-6\.13$/);
    assert.equal(version.boot?.kernelRelease, '6.13');
  });
});

test('a store that would lie on another device, in another subvolume, or elsewhere by a link, is refused, and none is made', async () => {
  await withMachine(async (machine) => {
    const store = join(machine.top, 'migrate');
    execFileSync('btrfs', ['-q', 'subvolume', 'create', store]);
    const elsewhere = { code: 'no-place', message: /\/migrate .*another device or in another subvolume/ };
    await assert.rejects(machine.init(null), elsewhere);
    assert.deepEqual(readdirSync(store), []);
    execFileSync('btrfs', ['-q', 'subvolume', 'delete', store]);
    const target = join(machine.top, 'target');
    mkdirSync(target);
    symlinkSync('target', store);
    await assert.rejects(machine.init(null), { code: 'no-place', message: /it is no directory/ });
    assert.deepEqual(readdirSync(target), []);
    assert.ok(lstatSync(join(machine.top, '@v1')).isDirectory());
    assert.equal(machine.bootsWith('@v1'), kept);
  });
});

test('a directory in the place of the store that others can write to, or that holds anything, is refused and left as it is', async () => {
  await withMachine(async (machine) => {
    const store = join(machine.top, 'migrate');
    const refused = async (why: RegExp): Promise<void> => {
      const before = statSync(store);
      await assert.rejects(machine.init(null), { code: 'no-place', message: why });
      const { uid, mode } = statSync(store);
      assert.deepEqual({ uid, mode }, { uid: before.uid, mode: before.mode });
      assert.equal(machine.bootsWith('@v1'), kept);
    };
    mkdirSync(store, { mode: 0o755 });
    chownSync(store, 1000, 1000);
    await refused(/others than root can write to it/);
    writeFileSync(join(store, 'store.json'), '{}');
    await refused(/others than root can write to it/);
    rmSync(join(store, 'store.json'));
    chownSync(store, 0, 0);
    chmodSync(store, 0o775);
    await refused(/others than root can write to it/);
    chmodSync(store, 0o755);
    mkdirSync(join(store, 'volumes'));
    await refused(/it holds volumes/);
    rmSync(join(store, 'volumes'), { recursive: true });
    await machine.init(null);
    assert.equal(statSync(store).mode & 0o7777, 0o700);
  });
});

test('case 121: a root that lies in another subvolume cannot be moved, and goes on starting', async () => {
  await withMachine(async (machine) => {
    execFileSync('btrfs', ['-q', 'subvolume', 'create', join(machine.top, 'outer')]);
    machine.stop();
    execFileSync('mv', [join(machine.top, '@v1'), join(machine.top, 'outer/@v1')]);
    machine.start('outer/@v1');
    await assert.rejects(machine.init(null), { code: 'cannot-take-over', message: /another subvolume than the store/ });
    assert.equal(machine.bootsWith('outer/@v1'), kept);
    assert.deepEqual(machine.versions(), []);
  });
});

for (const withImage of [false, true]) {
  test(`init ${withImage ? 'with' : 'without'} image, killed before any changing call, leaves a machine that starts, and is done again`, async () => {
    let at = 1;
    let isOver = false;
    for (; !isOver; at += 1) {
      await withMachine(async (machine) => {
        isOver = await initCut(machine, withImage, at);
      });
    }
    assert.ok(at > 20, `only ${at} calls`);
  });
}

/** Returns whether it came to its end before the cut. */
async function initCut(machine: Machine, withImage: boolean, at: number): Promise<boolean> {
  const image = withImage ? machine.image('base', imageContent(12)) : null;
  const { system, isDead } = cutSystem({ at, moment: 'before' });
  await machine.init(image, system, true).catch((error) => {
    if (!(error instanceof Killed) && !isDead()) throw error;
  });
  const where = `call ${at}`;
  assert.equal(machine.bootsWith('@v1'), kept, where);
  // With the root that has been mounted all the time, and after a start of the machine.
  if (at % 2 === 0) machine.start('@v1');
  if (isDead()) {
    const isDone = existsSync(join(machine.top, 'migrate/versions/debian-12.1.json'));
    await (isDone
      ? assert.rejects(machine.init(image), { code: 'initialized' })
      : machine.init(image, undefined, true));
  }
  const declarations = readFileSync(join(machine.root, 'etc/migrate/volumes.d/10-init.volume'), 'utf8');
  assert.equal(declarations.match(/^volume .* class=data$/gm)?.length, 2, where);
  assert.equal(machine.bootsWith('@v1'), kept, where);
  assert.deepEqual(machine.problems(), [], where);
  const versions = machine.versions().map(({ id, state }) => `${id} ${state}`);
  assert.deepEqual(versions, ['debian-12.1 good'], where);
  const tag = withImage ? 'debian-12@system' : 'found-debian-12.1@system';
  assert.deepEqual(
    machine.objects(),
    [tag, 'system/debian-12.1'].map((name) => `${name} version:debian-12.1`),
    where,
  );
  return !isDead();
}
