import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { SystemCallError } from '../../../src/domain/failure.ts';
import type { Place } from '../../../src/domain/volume.ts';
import type { Backend } from '../../../src/storage/backend.ts';
import { objectPath } from '../../../src/storage/object-places.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { joinLayers, runsIn } from '../../../src/storage/overlay/join-layers.ts';
import { crowded, deepest, readLayers } from '../../../src/storage/overlay/layers.ts';
import { sleep } from '../../../src/system/sleep.ts';
import type { System } from '../../../src/system/system.ts';
import { dies } from '../../apply/interruption.ts';
import { seededRandom } from '../../merge/text/random.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import type { TreeNode } from '../../property/tree-node.ts';
import { changedPaths } from '../btrfs/compare-ways.ts';
import { editInPlace } from '../btrfs/edit-in-place.ts';
import { dyingSystem } from '../dying-system.ts';
import { branch, contentOf, makeImage, nativePath, type Store, system, tag, using, withStore } from '../objects.ts';

/** A test beside this one may have taken over what was mounted here, and keeps it for as long as it runs. */
const tries = 100;

function joinIn({ directory }: Store, place: Place, through: System = system): readonly string[] {
  const files = through.openRoot(bytesOfText(directory));
  try {
    for (let left = tries; ; left -= 1) {
      const layers = joinLayers(through, files, place);
      if (left === 0 || runsIn(files, layers).length === 0) return layers;
      sleep(100);
    }
  } finally {
    files.close();
  }
}

function layersOf({ directory }: Store, place: Place): readonly string[] {
  const files = system.openRoot(bytesOfText(directory));
  try {
    const layers = readLayers(files, objectPath(place));
    assert.ok(typeof layers !== 'string');
    return layers;
  } finally {
    files.close();
  }
}

const layersIn = ({ directory }: Store): string[] => readdirSync(join(directory, 'volumes/.layers'));

/** Works on a branch by a shell, in its root. */
function shell(backend: Backend, place: Place, script: string): void {
  using(backend, place, (_files, cwd) =>
    execFileSync('sh', ['-ec', script], { cwd, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
}

/** One layer more for each of the scripts, with no tag of it left. */
function freezeEach(backend: Backend, place: Place, scripts: readonly string[]): void {
  for (const [index, script] of scripts.entries()) {
    shell(backend, place, script);
    backend.snapshot(place, tag(`step-${index}`, place.volume), '');
  }
  // All at the end: what is above nothing else would be given back.
  for (const index of scripts.keys()) backend.remove(tag(`step-${index}`, place.volume));
}

function contents(backend: Backend): Map<Place, TreeNode> {
  return new Map(backend.list().map(({ place }) => [place, contentOf(backend, place)]));
}

function checkAll(backend: Backend, expected: ReadonlyMap<Place, TreeNode>, when: string): void {
  for (const [place, content] of expected) {
    const differences = describeDifferences(contentOf(backend, place), content, new Set());
    assert.deepEqual(differences, [], `${place.kind} ${place.name} ${when}`);
  }
}

test('a branch that is changed and tagged goes on for ever, where the older tags go', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend } = store;
    makeImage(backend);
    const depths: number[] = [];
    for (let round = 1; round <= deepest + 8; round++) {
      shell(backend, branch('image'), `echo ${round} > last; echo ${round} > ${round}; rm -f ${round - 1}`);
      backend.snapshot(branch('image'), tag(`${round}`), '');
      if (round > 2) backend.remove(tag(`${round - 2}`));
      depths.push(layersOf(store, branch('image')).length);
    }
    assert.ok(Math.max(...depths) < deepest, `${Math.max(...depths)} layers`);
    assert.ok(depths.some((depth, index) => depth < (depths[index - 1] ?? 0)));
    const last = deepest + 8;
    for (const place of [branch('image'), tag(`${last}`)]) {
      const names = ['a', 'b', 'etc', 'last', `${last}`];
      assert.deepEqual([...contentOf(backend, place).children.keys()].sort(), names.sort());
    }
    assert.deepEqual(changedPaths(backend, tag('image'), branch('image')), [`/${last}`, '/last']);
    assert.ok(layersIn(store).length < deepest);
  }));

test('branches made each from the last go on for ever, where the older ones go', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend } = store;
    makeImage(backend);
    for (let round = 1; round <= deepest + 2; round++) {
      const from = branch(round === 1 ? 'image' : `v${round - 1}`);
      shell(backend, from, `echo ${round} > ${round}`);
      backend.snapshot(from, branch(`v${round}`), '');
      if (round > 2) backend.remove(branch(`v${round - 2}`));
    }
    assert.equal(contentOf(backend, branch(`v${deepest + 2}`)).children.size, 3 + deepest + 2);
  }));

for (const filesystem of ['ext4', 'xfs'] as const) {
  test(`on ${filesystem}: random changes are the same once their layers are joined, over others and over none`, () =>
    withStore(overlayBackend, filesystem, (store) => {
      let saved = 0;
      for (let seed = 1; seed <= 12; seed++) saved += joinRandom(store, seed);
      assert.deepEqual(layersIn(store), []);
      assert.ok(saved > 24, `${saved} layers were saved`);
    }));
}

/** Returns how many layers fewer there are. */
function joinRandom(store: Store, seed: number): number {
  const { backend } = store;
  const random = seededRandom(seed);
  const ours = branch('ours');
  const image = makeImage(backend);
  const steps = Array.from({ length: 8 }, (_, step) => tag(`${step}`));
  backend.snapshot(image, ours, '');
  for (const step of steps) {
    backend.withContent(ours, { writable: true }, (at) => editInPlace(random, at, 4));
    backend.snapshot(ours, step, '');
  }
  for (const step of steps) if (random.chance(0.7)) backend.remove(step);
  if (seed % 3 === 0) for (const place of [image, branch('image')]) backend.remove(place);
  const changed = (): string[] => (seed % 3 === 0 ? [] : changedPaths(backend, image, ours));
  const [before, paths, depth] = [contents(backend), changed(), layersOf(store, ours).length];
  const left = joinIn(store, ours).length;
  checkAll(backend, before, `of seed ${seed}`);
  assert.deepEqual(changed(), paths, `seed ${seed}`);
  for (const { place } of backend.list()) backend.remove(place);
  return depth - left;
}

/** What overlayfs has a mark for, each over what an earlier one did. */
const marks = [
  'rm -r etc/d; mkdir etc/d; echo new > etc/d/new',
  'rm etc/c; rm -r etc/d; echo file > etc/d; mkdir fresh; echo 1 > fresh/1; echo 2 > fresh/2; ln fresh/2 fresh/two',
  'rm b etc/d fresh/1; mkdir etc/d; echo again > etc/d/again; chmod 700 etc; ln -s nowhere fresh/link; mkfifo fresh/fifo',
  'chattr +i a; mkdir locked; echo l > locked/l; ln locked/l locked/m; chattr +a locked/l; chattr +i locked',
  'echo own > own',
];

test('case 117: what the layers removed, replaced, linked and locked is so in the one, and nothing shows what hides', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend } = store;
    makeImage(backend);
    backend.snapshot(tag('image'), branch('ours'), '');
    freezeEach(backend, branch('ours'), marks);
    const before = contents(backend);
    const changed = changedPaths(backend, tag('image'), branch('ours'));
    // The last of them is its own again.
    assert.equal(layersOf(store, branch('ours')).length, marks.length);
    const [topmost = '', ...more] = joinIn(store, branch('ours'));
    assert.equal(more.length, 1);
    checkAll(backend, before, 'joined');
    assert.deepEqual(changedPaths(backend, tag('image'), branch('ours')), changed);
    const tree = join(store.directory, 'volumes/.layers', topmost, 'tree');
    const find = (...args: string[]): string[] =>
      execFileSync('find', [tree, ...args, '-printf', '%P\n'], { encoding: 'utf8' })
        .split('\n')
        .filter(Boolean)
        .sort();
    // What was made and removed again hides nothing.
    assert.deepEqual(find('-type', 'c'), ['b', 'etc/c']);
    const opaque = execFileSync('getfattr', ['-R', '-h', '-d', '-m', 'trusted.overlay.opaque', '.'], {
      cwd: tree,
      encoding: 'utf8',
    });
    assert.deepEqual(opaque.match(/^# file: .*$/gm), ['# file: etc/d']);
    shell(backend, branch('ours'), 'chattr -i a locked; chattr -a locked/l locked/m; rm -r locked a etc');
    assert.deepEqual([...contentOf(backend, branch('ours')).children.keys()], ['fresh', 'own']);
  }));

test('what is large takes no more room while its layers are joined', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend } = store;
    backend.create(branch('data'), '');
    freezeEach(backend, branch('data'), ['head -c 20M /dev/urandom > large', 'echo a > a', 'echo b > b']);
    const inode = (): number =>
      backend.withContent(branch('data'), { writable: false }, (at) => statSync(join(at, 'large')).blocks);
    const large = (id: string): number => statSync(join(store.directory, 'volumes/.layers', id, 'tree/large')).ino;
    const [blocks, before] = [inode(), large(layersOf(store, branch('data')).at(-1) ?? '')];
    const joined = joinIn(store, branch('data'));
    assert.equal(joined.length, 1);
    assert.equal(large(joined[0] ?? ''), before, 'the same file');
    assert.equal(inode(), blocks);
  }));

/** `MIGRATE_KILLS=all` kills at every step. */
const apart = process.env['MIGRATE_KILLS'] === 'all' ? 1 : 3;

test('killed at any step, every object shows the same, and joining is gone on with', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend, open } = store;
    makeImage(backend);
    backend.snapshot(tag('image'), branch('ours'), '');
    // What is locked is not copied for the next step.
    freezeEach(backend, branch('ours'), marks.slice(0, 3));
    backend.snapshot(branch('ours'), tag('kept'), '');
    backend.snapshot(tag('kept'), branch('second'), '');
    const before = contents(backend);
    const saved = join(store.mountpoint, 'saved');
    execFileSync('cp', ['-a', store.directory, saved]);
    let steps = 0;
    for (let isDead = true; isDead; steps += apart) {
      isDead = dies(() => joinIn(store, branch('ours'), dyingSystem(steps + 1)));
      checkAll(open(), before, `at step ${steps + 1}`);
      // What else is done then, with what it clears away.
      backend.snapshot(tag('image'), branch('other'), '');
      backend.remove(branch('other'));
      for (const place of [branch('ours'), branch('second'), tag('kept')]) joinIn(store, place);
      checkAll(open(), before, `joined at step ${steps + 1}`);
      assert.deepEqual(layersOf(store, branch('ours')), layersOf(store, tag('kept')));
      assert.equal(layersIn(store).length, 2, `at step ${steps + 1}`);
      for (const { place } of backend.list()) backend.remove(place);
      assert.deepEqual(layersIn(store), [], `at step ${steps + 1}`);
      execFileSync('rm', ['-rf', store.directory]);
      execFileSync('cp', ['-a', saved, store.directory]);
    }
    assert.ok(steps > 40, `${steps} steps`);
  }));

test('what is written to a branch gets into no other, also where joining was interrupted between the two', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend } = store;
    backend.create(branch('one'), '');
    freezeEach(backend, branch('one'), ['echo a > a', 'echo b > b']);
    backend.snapshot(branch('one'), branch('two'), '');
    backend.create(branch('other'), '');
    const second = (what: string): boolean => what.startsWith('rename') && what.includes('branches/two/layers');
    assert.ok(dies(() => joinIn(store, branch('one'), dyingSystem(second))));
    assert.deepEqual([layersOf(store, branch('one')).length, layersOf(store, branch('two')).length], [1, 2]);
    // It gives branches back the layers that nothing else names.
    backend.remove(branch('other'));
    for (const [ours, other] of [
      ['two', 'one'],
      ['one', 'two'],
    ] as const) {
      shell(backend, branch(ours), `echo ${ours} >> b`);
      assert.equal(contentOf(backend, branch(other)).children.get('b')?.content.includes(ours), false);
    }
  }));

test('layers that a loader may name a kernel in stay as they are', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend } = store;
    for (const [volume, left] of [
      ['system', 4],
      ['data', 1],
    ] as const) {
      const root = branch('root', volume);
      backend.create(root, '');
      freezeEach(backend, root, [
        'mkdir boot; echo k > boot/vmlinuz',
        'echo a > a',
        'echo b > b',
        'mkdir -p lib/modules',
        'echo c > c',
        'echo d > d',
      ]);
      const before = layersOf(store, root);
      const after = joinIn(store, root);
      assert.equal(after.length, left, volume);
      if (volume === 'system') assert.deepEqual(after.toSpliced(2, 1), before.toSpliced(2, 2));
    }
  }));

test('what is kept apart by tags, or is mounted, is not joined, and the refusal says by what', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend, mountpoint } = store;
    makeImage(backend);
    const ours = branch('image');
    const at = join(mountpoint, 'at');
    const grow = (): void => {
      for (let depth = layersOf(store, ours).length; depth < deepest; depth++) {
        shell(backend, ours, `echo ${depth} > depth`);
        backend.snapshot(ours, tag(`${depth}`), '');
      }
      shell(backend, ours, 'echo last > depth');
    };
    grow();
    const needed = {
      code: 'too-deep',
      message: /64 layers, which are kept apart by data\/tags\/image, data\/tags\/1, .* and \d+ more$/,
    };
    assert.throws(() => backend.snapshot(ours, tag('more'), ''), needed);
    const [problem] = [backend.snapshotProblem?.(ours)];
    assert.match(problem?.message ?? '', needed.message);
    backend.snapshot(tag('30'), branch('third'), '');
    for (let depth = 1; depth < 30; depth++) backend.remove(tag(`${depth}`));
    for (let depth = 31; depth < deepest; depth++) if (depth > 40) backend.remove(tag(`${depth}`));
    assert.equal(backend.snapshotProblem?.(ours), null);
    const before = contentOf(backend, ours);
    backend.mount(tag('40'), at, { writable: false });
    backend.snapshot(ours, tag('more'), '');
    // What lies above the tag that is mounted was joined.
    assert.ok(layersOf(store, ours).length < deepest);
    assert.equal(readFileSync(join(at, 'depth'), 'latin1'), '40\n');
    system.mounts.unmount(at);
    assert.deepEqual(describeDifferences(contentOf(backend, ours), before, new Set()), []);
  }));

test('at the deepest, a layer of another program that cannot be joined is known before; joined below it, there is room', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend } = store;
    makeImage(backend);
    const ours = branch('image');
    for (let depth = layersOf(store, ours).length; depth < deepest; depth++) {
      shell(backend, ours, `mkdir d-${depth}; echo ${depth} > d-${depth}/file`);
      backend.snapshot(ours, tag(`${depth}`), '');
    }
    shell(backend, ours, 'echo last > last');
    for (let depth = 1; depth < deepest; depth++) if (depth !== 40) backend.remove(tag(`${depth}`));
    const layers = layersOf(store, ours);
    assert.equal(layers.length, deepest);
    const inLayer = (depth: number, path: string): string =>
      join(store.directory, 'volumes/.layers', layers[deepest - depth - 1] ?? '', 'tree', path);
    const marked = (depth: number, path: string, mark: string, use: () => void): void => {
      const name = `trusted.overlay.${mark}`;
      execFileSync('setfattr', ['-n', name, '-v', 'x', inLayer(depth, path)]);
      use();
      execFileSync('setfattr', ['-x', name, inLayer(depth, path)]);
    };
    assert.equal(backend.snapshotProblem?.(ours), null);
    for (const [path, mark] of [
      ['d-20', 'redirect'],
      ['d-20/file', 'metacopy'],
    ] as const) {
      marked(20, path, mark, () => {
        const problem = backend.snapshotProblem?.(ours);
        assert.equal(problem?.code, 'foreign-layer');
        assert.match(problem?.message ?? '', new RegExp(`tree/${path} is .*trusted.overlay.${mark}`));
        assert.throws(() => backend.snapshot(ours, tag('more'), ''), { code: 'foreign-layer' });
      });
    }
    marked(50, 'd-50', 'redirect', () => {
      assert.equal(backend.snapshotProblem?.(ours), null);
      backend.snapshot(ours, tag('more'), '');
    });
    assert.ok(layersOf(store, ours).length < deepest);
    assert.equal(contentOf(backend, tag('more')).children.get('last')?.type, 'file');
  }));

test('what is mounted keeps its layers', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend, mountpoint } = store;
    makeImage(backend);
    const [ours, at] = [branch('image'), join(mountpoint, 'at')];
    freezeEach(
      backend,
      ours,
      Array.from({ length: 4 }, (_, index) => `echo ${index} > file`),
    );
    backend.snapshot(ours, tag('kept'), '');
    const before = layersOf(store, ours);
    backend.mount(tag('kept'), at, { writable: false });
    const files = system.openRoot(bytesOfText(store.directory));
    assert.deepEqual(joinLayers(system, files, ours), before);
    files.close();
    system.mounts.unmount(at);
    assert.ok(joinIn(store, ours).length < before.length);
    assert.ok(!readFileSync(join(nativePath(store, ours), 'layers'), 'latin1').includes(before[1] ?? '-'));
  }));

/** This machine, where something else happens once, just before a layer list is put in place. */
function withMeanwhile(happens: () => void): System {
  let isDone = false;
  return {
    ...system,
    openRoot: (directory) => {
      const files = system.openRoot(directory);
      const rename = files.rename.bind(files);
      files.rename = (from, to) => {
        if (!isDone && to.endsWith('/layers')) {
          isDone = true;
          happens();
        }
        rename(from, to);
      };
      return files;
    },
  };
}

/** A branch over layers that can be joined, and a tag of it. */
function makeJoinable({ backend }: Store): void {
  makeImage(backend);
  const scripts = Array.from({ length: 4 }, (_, index) => `echo ${index} > f${index}`);
  freezeEach(backend, branch('image'), scripts);
  backend.snapshot(branch('image'), tag('kept'), '');
}

test('what is mounted while its layers are joined goes on showing them', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    const { backend, mountpoint } = store;
    makeJoinable(store);
    const [at, before] = [join(mountpoint, 'at'), layersOf(store, tag('kept'))];
    const through = withMeanwhile(() => backend.mount(tag('kept'), at, { writable: false }));
    const files = through.openRoot(bytesOfText(store.directory));
    joinLayers(through, files, branch('image'));
    files.close();
    const names = readdirSync(at).sort();
    assert.deepEqual(names, ['a', 'b', 'etc', 'f0', 'f1', 'f2', 'f3']);
    assert.deepEqual(layersOf(store, tag('kept')), before);
    // What is removed clears away layers that nothing names.
    backend.snapshot(tag('image'), tag('other'), '');
    backend.remove(tag('other'));
    assert.deepEqual(readdirSync(at).sort(), names);
    system.mounts.unmount(at);
    assert.deepEqual(joinIn(store, tag('kept')), layersOf(store, branch('image')));
    assert.ok(layersOf(store, tag('kept')).length < before.length);
    assert.deepEqual(layersIn(store).sort(), [...layersOf(store, tag('kept'))].sort());
  }));

for (const [when, isBefore] of [
  ['before it is mounted', true],
  ['before the mount is looked for', false],
] as const) {
  test(`what is joined ${when} by somebody who read the list is mounted by the new list`, () =>
    withStore(overlayBackend, 'ext4', (store) => {
      makeJoinable(store);
      const [at, before] = [join(store.mountpoint, 'at'), layersOf(store, tag('kept'))];
      let calls = 0;
      // A mount that a joiner does not see stands for one that comes after it has looked.
      const joinUnseen = (): unknown => (calls++ === 0 ? joinIn(store, branch('image'), blind) : null);
      const mounts = Object.assign(Object.create(system.mounts), {
        overlay: (...args: Parameters<System['mounts']['overlay']>) => {
          if (isBefore) joinUnseen();
          system.mounts.overlay(...args);
          if (!isBefore) joinUnseen();
        },
      });
      store.open({ ...system, mounts }).mount(tag('kept'), at, { writable: false });
      assert.equal(calls, 2);
      assert.ok(layersOf(store, tag('kept')).length < before.length);
      assert.deepEqual(readdirSync(at).sort(), ['a', 'b', 'etc', 'f0', 'f1', 'f2', 'f3']);
      assert.equal(readFileSync('/proc/self/mountinfo', 'utf8').split(` ${at} `).length, 2);
      system.mounts.unmount(at);
    }));
}

/** This machine, of which no process has any mounts but that of the store. */
const blind: System = {
  ...system,
  readFile: (path) => {
    const text = system.readFile(path);
    if (!path.endsWith('/mountinfo')) return text;
    return text
      .split('\n')
      .filter((line) => !line.includes(' - overlay '))
      .join('\n');
  },
};

test('a layer list is gone on with where joining fails and there is room', () =>
  withStore(overlayBackend, 'ext4', (store) => {
    makeJoinable(store);
    const backend = store.backend;
    const { length } = layersOf(store, branch('image'));
    const scripts = Array.from({ length: crowded - length + 1 }, (_, index) => `echo ${index} > more`);
    for (const [index, script] of scripts.entries()) {
      shell(backend, branch('image'), script);
      backend.snapshot(branch('image'), tag(`step-${index}`), '');
    }
    backend.remove(tag('kept'));
    for (const index of scripts.keys()) if (index !== 12) backend.remove(tag(`step-${index}`));
    shell(backend, branch('image'), 'echo last > last');
    let links = 0;
    // The lower run is joined, the upper not: what the list was before is gone.
    const full: System = {
      ...system,
      openRoot: (directory) => {
        const files = system.openRoot(directory);
        const [link, rename] = [files.link.bind(files), files.rename.bind(files)];
        let isJoined = false;
        files.rename = (from, to) => {
          rename(from, to);
          isJoined ||= to.endsWith('/layers');
        };
        files.link = (...args) => {
          if (isJoined) {
            links += 1;
            throw new SystemCallError('ENOSPC', 'linkat', String(args[0]));
          }
          link(...args);
        };
        return files;
      },
    };
    store.open(full).snapshot(branch('image'), tag('after'), '');
    assert.ok(links > 0);
    for (const place of [branch('image'), tag('after')]) {
      assert.deepEqual([...contentOf(backend, place).children.keys()].sort(), [
        'a',
        'b',
        'etc',
        'f0',
        'f1',
        'f2',
        'f3',
        'last',
        'more',
      ]);
      for (const id of layersOf(store, place)) assert.ok(layersIn(store).includes(id));
    }
  }));
