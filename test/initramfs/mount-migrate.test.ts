import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../src/domain/bytes.ts';
import type { Place } from '../../src/domain/volume.ts';
import type { Backend } from '../../src/storage/backend.ts';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import { takeOverFilesystem } from '../../src/storage/overlay/take-over.ts';
import { Killed } from '../apply/interruption.ts';
import { system } from '../storage/objects.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

const script = join(import.meta.dirname, '..', '..', 'initramfs', 'mount.migrate');

type Machine = { readonly backend: Backend; readonly store: string; readonly device: string; readonly top: string };

/** A root that was there before, a tag `image` with three layers, a branch `v2` over it, and a plain one of `data`. */
async function withMachine(body: (machine: Machine) => void): Promise<void> {
  await withFilesystem('ext4', (top) => {
    const store = join(top, 'migrate');
    mkdirSync(store);
    writeFileSync(join(top, 'hostname'), 'atlas');
    const backend = overlayBackend.open(bytesOfText(store), system);
    const files = system.openRoot(top);
    takeOverFilesystem(files, { store: '/migrate', subvolume: '/', place: branch('v1') });
    files.close();
    backend.create(branch('image'), '{}');
    for (const layer of ['first', 'second', 'third']) {
      write(backend, branch('image'), layer, layer);
      write(backend, branch('image'), 'latest', layer);
      backend.snapshot(branch('image'), tag(layer === 'third' ? 'image' : layer), '{}');
    }
    backend.snapshot(tag('image'), branch('v2'), '{}');
    backend.create({ volume: 'data', kind: 'branch', name: 'main' }, '{}');
    write(backend, { volume: 'data', kind: 'branch', name: 'main' }, 'data', 'data');
    const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'latin1' }).trim();
    body({ backend, store, device, top });
  });
}

const branch = (name: string): Place => ({ volume: 'system', kind: 'branch', name });
const tag = (name: string): Place => ({ volume: 'system', kind: 'tag', name });

function write(backend: Backend, place: Place, name: string, content: string): void {
  backend.withContent(place, { writable: true }, (directory) => writeFileSync(join(directory, name), content));
}

/** Mounts as mount(8) has it done, where `at` is there and nothing else of this machine's /run is, and runs `then`. */
function mounting({ device }: Machine, options: string, then = 'ls at') {
  const text = [
    'set -eu',
    'mount -t tmpfs tmpfs /run',
    'mount --make-shared /run',
    'mkdir /run/place && cd /run/place && mkdir at other',
    'migrate() { sh "$script" "$device" "$PWD/$1" -o "$2"; }',
    'migrate at "$options"',
    then,
  ].join('\n');
  return spawnSync('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', text], {
    encoding: 'latin1',
    env: { PATH: process.env['PATH'], script, device, options, LC_ALL: 'C' },
  });
}

function shows(machine: Machine, options: string, then: string, expected: string): void {
  const { status, stdout, stderr } = mounting(machine, options, then);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: expected, stderr: '' });
}

function refuses(machine: Machine, options: string, why: RegExp): void {
  const { status, stdout, stderr } = mounting(machine, options);
  assert.equal(status, 32, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, why);
}

const v2 = 'object=migrate/volumes/system/branches/v2';
const listOf = ({ store }: Machine, place: string): string => join(store, 'volumes', place, 'layers');

test('a branch is put together of its layers, the topmost first, and what is written goes to itself', () =>
  withMachine((machine) => {
    shows(machine, v2, 'cat at/latest; echo; ls at', 'third\nfirst\nlatest\nsecond\nthird\n');
    shows(machine, `${v2},rw,nosuid`, 'echo own > at/own; findmnt -no OPTIONS at | cut -d , -f 1-2', 'rw,nosuid\n');
    shows(machine, `${v2},ro`, 'cat at/own; echo more 2> /dev/null > at/more || echo refused', 'own\nrefused\n');
    machine.backend.withContent(branch('v2'), { writable: false }, (directory) =>
      assert.equal(readFileSync(join(directory, 'own'), 'latin1'), 'own\n'),
    );
    shows(machine, 'object=/migrate/volumes/system/tags/first', 'cat at/latest', 'first');
    shows(machine, 'object=migrate/volumes/system/tags/image', 'rm at/first 2> /dev/null || echo refused', 'refused\n');
  }));

test('a branch that lies on no layers is mounted as it is, so that overlayfs can lie on it', () =>
  withMachine((machine) => {
    const main = 'object=migrate/volumes/data/branches/main';
    const container =
      'cd at; mkdir l u w c; mount -t overlay -o lowerdir=l,upperdir=u,workdir=w none c && echo mounted';
    shows(machine, main, `cat at/data; ${container}`, 'datamounted\n');
    shows(machine, `${main},ro,nodev`, 'cat at/data; touch at/more 2> /dev/null || echo refused', 'datarefused\n');
    const inside = 'mkdir at/in; mount -t tmpfs tmpfs at/in; grep --count "/in " /proc/self/mountinfo';
    shows(machine, main, inside, '1\n');
    const onLayers =
      'cd at; mkdir l u w c; mount -t overlay -o lowerdir=l,upperdir=u,workdir=w none c 2> /dev/null || echo none';
    shows(machine, v2, onLayers, 'none\n');
  }));

test('the root that was there before is its filesystem, and to be read the same without the store', () =>
  withMachine((machine) => {
    const v1 = 'object=migrate/volumes/system/branches/v1';
    shows(
      machine,
      `${v1},ro`,
      'ls at at/migrate; cat at/hostname; touch at/x at/migrate/x 2> /dev/null || echo refused',
      'at:\nhostname\nlost+found\nmigrate\n\nat/migrate:\natlasrefused\n',
    );
    execFileSync('chown', ['7:7', machine.top]);
    execFileSync('chmod', ['0751', machine.top]);
    const own = execFileSync('stat', ['--format', '%a:%u:%g:%y', machine.top], { encoding: 'latin1' });
    shows(machine, `${v1},ro`, 'stat --format %a:%u:%g:%y at', own);
    machine.backend.withContent(branch('v1'), { writable: false }, (directory) =>
      assert.equal(execFileSync('stat', ['--format', '%a:%u:%g:%y', directory], { encoding: 'latin1' }), own),
    );
    shows(machine, `${v1},rw`, 'echo new > at/new; ls at', 'hostname\nlost+found\nmigrate\nnew\n');
    assert.equal(readFileSync(join(machine.top, 'new'), 'latin1'), 'new\n');
  }));

test('what containers keep in the root that was there before is read as it is, and the store stays where it is in use', () =>
  withMachine((machine) => {
    execFileSync('mknod', [join(machine.top, 'whiteout'), 'c', '0', '0']);
    mkdirSync(join(machine.top, 'opaque'));
    execFileSync('setfattr', ['-n', 'trusted.overlay.opaque', '-v', 'y', join(machine.top, 'opaque')]);
    const look =
      'stat --format %F at/whiteout; getfattr --only-values -n trusted.overlay.opaque at/opaque; ls /run/migrate/filesystem/migrate';
    const store = readdirSync(machine.store).join('\n');
    shows(machine, 'object=migrate/volumes/system/branches/v1,ro', look, `character special file\ny${store}\n`);
    execFileSync('mount', ['--make-shared', machine.top]);
    machine.backend.withContent(branch('v1'), { writable: false }, (directory) => {
      const files = system.openRoot(directory);
      assert.equal(files.status('/whiteout')?.type, 'whiteout');
      assert.equal(files.xattr('/opaque', 'trusted.overlay.opaque'), 'y');
      assert.deepEqual(files.list('/migrate'), []);
      files.close();
      assert.equal(readdirSync(machine.store).join('\n'), store);
      assert.throws(() => writeFileSync(join(directory, 'migrate/x'), ''), { code: 'EROFS' });
    });
  }));

test('a list that was torn anywhere, or changed, is refused, and nothing is mounted in its place', () =>
  withMachine((machine) => {
    const list = listOf(machine, 'system/branches/v2');
    const whole = readFileSync(list, 'latin1');
    // Each line and the byte beside its end; all other cuts are in the middle of a name.
    const ends = [...whole.matchAll(/\n/g)].map(({ index }) => index);
    const cuts = [0, 1, 8, ...ends.flatMap((end) => [end - 1, end, end + 1])].filter((cut) => cut < whole.length);
    assert.equal(cuts.length, 3 + 3 * ends.length - 1);
    for (const cut of cuts) {
      writeFileSync(list, whole.slice(0, cut));
      refuses(machine, v2, /cannot mount migrate\/volumes\/system\/branches\/v2: .*\/layers /);
    }
    const [schema = '', first = '', ...rest] = whole.split('\n');
    const lines: readonly (readonly string[])[] = [
      ['migrate.layers/2', first, ...rest],
      [schema, ...rest],
      [schema, first, first, ...rest],
      [schema, '../../../../..', ...rest],
      [schema, first.toUpperCase(), ...rest],
      [schema, 'filesystem', ...rest],
      [schema, first.slice(1), ...rest],
      [schema, first, ...rest.slice(0, -1), 'more', ''],
    ];
    for (const changed of lines) {
      writeFileSync(list, changed.join('\n'));
      refuses(machine, v2, /layers|the layer/);
    }
    writeFileSync(list, `${whole}x`);
    refuses(machine, v2, /is not whole/);
    writeFileSync(list, whole);
    shows(machine, v2, 'cat at/latest', 'third');
  }));

test('a version that was not committed, whose list is gone, or that lacks a layer is refused', () =>
  withMachine((machine) => {
    refuses(machine, 'object=migrate/volumes/system/branches/v3', /v3\/layers is not there: it was not committed/);
    const list = listOf(machine, 'system/branches/v2');
    const [, lowest = ''] = readFileSync(list, 'latin1').split('\n').slice(0, -2).reverse();
    const layer = join(machine.store, 'volumes/.layers', lowest);
    renameSync(layer, `${layer}.away`);
    refuses(machine, v2, new RegExp(`the layer ${lowest} is not there`));
    renameSync(`${layer}.away`, layer);
    renameSync(list, `${list}.partial`);
    refuses(machine, v2, /is not there/);
    renameSync(`${list}.partial`, list);
    renameSync(join(machine.store, 'volumes/system/branches/v2/work'), join(machine.store, 'work'));
    refuses(machine, v2, /its own changes are not there/);
  }));

test('a branch of which the removal was begun is refused, whatever is left of its changes, and the removal is done again', () =>
  withMachine((machine) => {
    const cut = (): never => {
      throw new Killed('rm');
    };
    const dying = { ...system, commands: { ...system.commands, run: cut } };
    const opened = overlayBackend.open(bytesOfText(machine.store), dying);
    for (const name of ['main', 'v2']) {
      const place = name === 'v2' ? branch(name) : ({ volume: 'data', kind: 'branch', name } as const);
      assert.throws(() => opened.remove(place), Killed);
      refuses(machine, `object=migrate/volumes/${place.volume}/branches/${name}`, /its own changes are not there/);
      machine.backend.remove(place);
      assert.ok(!existsSync(join(machine.store, 'volumes', place.volume, 'branches', name)));
    }
  }));

test('what is mounted already is told whatever path it was mounted by', () =>
  withMachine((machine) => {
    machine.backend.withContent(branch('v2'), { writable: true }, () => refuses(machine, v2, /it is mounted already/));
    shows(machine, v2, 'cat at/latest', 'third');
  }));

test('a store that something else goes on changing is mounted from when that has ended, and not before', () =>
  withMachine((machine) => {
    const lock = 'lock=/run/migrate/filesystem/migrate/lock; : > $lock; exec 8< $lock; flock 8';
    const image = 'object=migrate/volumes/system/tags/image';
    const hurried = `sed 's/flock -w 60/flock -w 1/' "$script" > hurried; sh hurried "$device" "$PWD/other" -o ${image} 2>&1`;
    const refused = `mount.migrate: cannot mount ${image.slice(7)}: something else has been changing the store for 60 s\nrefused\n`;
    shows(machine, v2, `${lock}; ${hurried} || echo refused`, refused);
    shows(machine, v2, `${lock}; (sleep 0.5; flock --unlock 8) & ${hurried}; cat other/latest`, 'third');
  }));

test('a tag is mounted of a disk that nothing can write to, with and without the file of the lock', () =>
  withMachine((machine) => {
    const { top, store } = machine;
    for (const isLocked of [true, false]) {
      const lock = join(store, 'lock');
      if (isLocked) writeFileSync(lock, '');
      else unlinkSync(lock);
      const copy = join(top, '..', 'copy');
      // What is frozen needs nothing done to it before it is mounted.
      const script = 'fsfreeze --freeze "$1" && cp --sparse=always "$1/../image" "$2"; fsfreeze --unfreeze "$1"';
      execFileSync('sh', ['-c', script, 'sh', top, copy]);
      const losetup = ['--read-only', '--find', '--show', copy];
      const device = execFileSync('losetup', losetup, { encoding: 'latin1' }).trim();
      try {
        const image = 'object=migrate/volumes/system/tags/image';
        const { stdout, stderr } = mounting({ ...machine, device }, image, 'cat at/latest');
        assert.equal(stdout, 'third', stderr);
      } finally {
        execFileSync('losetup', ['--detach', device]);
        unlinkSync(copy);
      }
    }
  }));

test('a remount changes the mount that is there, and of a plain branch no other of its filesystem', () =>
  withMachine((machine) => {
    const tries = 'try() { (echo $1 > at/own) 2> /dev/null && echo $1 || echo refused; }';
    const again =
      'migrate at "$options,remount,ro"; try a; migrate at "$options,remount"; try b; migrate at "ro,remount,$options,rw"; try c';
    shows(machine, `${v2},rw`, `${tries}; ${again}`, 'refused\nb\nc\n');
    const main = 'object=migrate/volumes/data/branches/main';
    const inStore = 'touch /run/migrate/filesystem/written && echo writable';
    const flags = 'findmnt -no OPTIONS at | cut -d , -f 1-2';
    shows(
      machine,
      main,
      `${tries}; migrate at "$options,remount,ro,nosuid"; try a; ${flags}; ${inStore}`,
      'refused\nro,nosuid\nwritable\n',
    );
    shows(
      machine,
      v2,
      `migrate other "$options,remount" 2>&1 || echo refused`,
      `mount.migrate: cannot mount ${v2.slice(7)}: it is not mounted at /run/place/other\nrefused\n`,
    );
    refuses(machine, `${v2},bind`, /bind is not for this type/);
  }));

test('the root of a machine is no tag, nor a version that is being made', () =>
  withMachine((machine) => {
    for (const object of ['tags/image', 'branches/v2.migrating']) {
      const root = `sh "$script" "$device" /sysroot -o object=migrate/volumes/system/${object} 2>&1 || echo refused`;
      assert.match(mounting(machine, v2, root).stdout, /it is no version\nrefused\n$/);
    }
  }));

test('only branches and tags of a store are mounted, and each once', () =>
  withMachine((machine) => {
    for (const object of ['', 'migrate', 'migrate/volumes/system', 'migrate/volumes/../volumes/system/branches/v2']) {
      refuses(machine, `object=${object}`, /object= /);
    }
    refuses({ ...machine, device: '/dev/nothing' }, v2, /cannot be mounted|there is no/);
    const twice = `migrate other ${v2} 2>&1 || echo refused`;
    assert.match(mounting(machine, v2, twice).stdout, /it is mounted already\nrefused\n$/);
  }));
