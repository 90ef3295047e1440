import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { zfsBackend } from '../../../src/storage/zfs/backend.ts';
import type { System } from '../../../src/system/system.ts';
import { changedPaths } from '../btrfs/compare-ways.ts';
import { branch, makeImage, type Store, system, tag, using, withStore } from '../objects.ts';
import { makeDatasetOnce, makePool, nativeOf, nativesIn, zfs } from './test-pool.ts';

const store = 'tank/store';
const native = (place: ReturnType<typeof branch>): string => nativeOf(store, place) ?? '';

before(makePool);

function inStore(body: (store: Store) => void): Promise<void> {
  return withStore({ ...zfsBackend, pool: makeDatasetOnce(store) }, 'ext4', body);
}

/** Runs a script in a branch. */
function edit({ backend }: Store, name: string, script: string): void {
  using(backend, branch(name), (_files, directory) => execFileSync('sh', ['-ec', script], { cwd: directory }));
}

test('a file that lost the name it was given last is found, of which zfs diff says nothing', () =>
  inStore((here) => {
    const { backend, mountpoint } = here;
    backend.create(branch('work'), '');
    edit(here, 'work', 'mkdir d; echo a > a; ln a d/b; echo z > z');
    edit(here, 'work', 'rm d/b; rmdir d');
    backend.snapshot(branch('work'), tag('base'), '');
    edit(here, 'work', 'echo more >> a; echo more >> z');
    backend.snapshot(branch('work'), tag('ours'), '');
    const at = join(mountpoint, 'work');
    backend.mount(branch('work'), at, { writable: false });
    const told = zfs('zfs', ['diff', '-H', native(tag('base')), native(tag('ours'))]);
    system.mounts.unmount(at);
    assert.match(told, /\/z$/m);
    assert.doesNotMatch(told, /\/a$/m, 'zfs diff has learnt it');
    assert.deepEqual(changedPaths(backend, tag('base'), tag('ours')), ['/a', '/z']);
    assert.deepEqual(changedPaths(backend, tag('base'), branch('work')), ['/a', '/z']);
    assert.deepEqual(changedPaths(backend, tag('ours'), tag('base')), ['/a', '/z']);
  }));

/** What is done in a directory before and after the tag, and where it then differs. */
const edits: Readonly<Record<string, readonly [before: string, change: string, paths: readonly string[]]>> = {
  flags: ['echo f > f', 'chattr +d f', ['/f']],
  attribute: ['echo f > f', 'setfattr -n user.a -v 1 f', ['/f']],
  'attribute-of-directory': ['mkdir d', 'setfattr -n user.a -v 1 d', ['/d']],
  // Has a block of its own.
  'large-attribute': [
    'echo f > f; setfattr -n user.a -v "$(printf %03000d 1)" f',
    'setfattr -n user.a -v "$(printf %03000d 2)" f',
    ['/f'],
  ],
  'access-list': ['echo f > f', 'setfacl -m u:7:r f', ['/f']],
  truncated: ['head -c 20000 /dev/urandom > f', 'truncate -s 8192 f', ['/f']],
  'hole-of-same-size': ['head -c 20000 /dev/urandom > f', 'fallocate -p -o 4096 -l 8192 f', ['/f']],
  'same-bytes-again': ['echo f > f; echo g > g', 'echo f > f; touch g', []],
  'one-name-of-several': ['mkdir d; echo f > f; ln f d/g; ln f h', 'echo more >> h', ['/d/g', '/f', '/h']],
  'moved-directory': ['mkdir -p a/b; echo f > a/b/f', 'mv a c', ['/a', '/a/b', '/a/b/f', '/c', '/c/b', '/c/b/f']],
  'exchanged-names': ['echo f > f; echo g > g', 'mv f x; mv g f; mv x g', ['/f', '/g']],
  'place-of-another': ['echo f > f; mkdir d', 'rm f; mkdir f; rmdir d; ln -s f d', ['/d', '/f']],
  clone: ['head -c 20000 /dev/urandom > f; echo g > g', 'cp --reflink=auto f g', ['/g']],
};

test('whatever differs is found: flags, attributes, contents, names, links, types', () =>
  inStore((here) => {
    const all = Object.entries(edits);
    here.backend.create(branch('work'), '');
    edit(here, 'work', all.map(([name, [before]]) => `mkdir ${name}; (cd ${name}; ${before})`).join('\n'));
    here.backend.snapshot(branch('work'), tag('base'), '');
    edit(here, 'work', all.map(([name, [, change]]) => `(cd ${name}; ${change})`).join('\n'));
    const expected = all.flatMap(([name, [, , paths]]) => paths.map((path) => `/${name}${path}`));
    assert.deepEqual(changedPaths(here.backend, tag('base'), branch('work')).toSorted(), expected.toSorted());
  }));

test('attributes that ZFS keeps as files of their own are found', () =>
  inStore((here) => {
    const { backend } = here;
    backend.create(branch('work'), '');
    zfs('zfs', ['set', 'xattr=dir', native(branch('work'))]);
    const set = (name: string, value: string): string => `setfattr -n user.${name} -v ${value} f`;
    edit(here, 'work', `mkdir d; echo f > f; ln f d/g; ${set('a', 'one')}; ${set('b', 'one')}`);
    const changes = [set('a', 'two'), set('c', 'new'), 'setfattr -x user.b f'];
    for (const [index, change] of changes.entries()) {
      backend.snapshot(branch('work'), tag(`t${index}`), '');
      // What the cache holds is not to be told from what is kept.
      edit(here, 'work', `sleep 1; ${change}`);
      assert.deepEqual(changedPaths(backend, tag(`t${index}`), branch('work')), ['/d/g', '/f'], change);
    }
  }));

test('objects that descend from one snapshot in any way are told apart, and others are to be compared whole', () =>
  inStore((here) => {
    const { backend } = here;
    makeImage(backend);
    backend.snapshot(tag('image'), branch('one'), '');
    edit(here, 'one', 'echo one > one');
    backend.snapshot(branch('one'), tag('one'), '');
    backend.snapshot(branch('one'), branch('two'), '');
    edit(here, 'two', 'echo two > two');
    backend.snapshot(tag('image'), branch('other'), '');
    edit(here, 'other', 'echo other > other');
    backend.snapshot(branch('other'), tag('other'), '');
    backend.snapshot(tag('other'), tag('again'), '');
    edit(here, 'image', 'echo late > late');
    assert.deepEqual(changedPaths(backend, tag('image'), tag('image')), []);
    assert.deepEqual(changedPaths(backend, tag('image'), branch('two')), ['/one', '/two']);
    assert.deepEqual(changedPaths(backend, tag('one'), tag('image')), ['/one']);
    assert.deepEqual(changedPaths(backend, tag('other'), branch('two')), ['/one', '/other', '/two']);
    assert.deepEqual(changedPaths(backend, tag('again'), branch('image')), ['/late', '/other']);
    backend.remove(tag('image'));
    backend.remove(branch('one'));
    assert.deepEqual(changedPaths(backend, tag('other'), branch('two')), ['/one', '/other', '/two']);
    makeImage(backend, 'second');
    assert.equal(backend.candidates(tag('second'), branch('two')), null);
  }));

test('comparing leaves nothing, and what a killed process left goes with the next removal', () =>
  inStore(({ backend, open }) => {
    makeImage(backend);
    const objects = nativesIn(store);
    assert.ok(backend.candidates(tag('image'), branch('image')) !== null);
    assert.deepEqual(nativesIn(store), objects);
    const { commands } = system;
    const killed: System = {
      ...system,
      commands: {
        ...commands,
        run(program, args, options) {
          if (args[0] === 'destroy') throw new RangeError('killed');
          return commands.run(program, args, options);
        },
      },
    };
    assert.throws(() => open(killed).candidates(tag('image'), branch('image')), /killed/);
    assert.equal(nativesIn(store).length, objects.length + 1);
    backend.create(branch('new'), '');
    backend.remove(branch('new'));
    assert.deepEqual(nativesIn(store), objects);
  }));

test('a stream that ends early is no answer', () =>
  inStore(({ backend, open }) => {
    makeImage(backend);
    backend.snapshot(tag('image'), branch('work'), '');
    const { commands } = system;
    const cut: System = {
      ...system,
      commands: {
        ...commands,
        *pieces(program, args) {
          for (const piece of commands.pieces(program, args)) yield piece.subarray(0, -1);
        },
      },
    };
    assert.equal(open(cut).candidates(tag('image'), branch('work')), null);
    assert.ok(backend.candidates(tag('image'), branch('work')) !== null);
  }));
