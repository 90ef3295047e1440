import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { Failure } from '../../../src/domain/failure.ts';
import { mountsOf } from '../../../src/domain/mountinfo.ts';
import type { RootPath } from '../../../src/domain/path.ts';
import type { Place } from '../../../src/domain/volume.ts';
import type { Backend } from '../../../src/storage/backend.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { freezeProblem } from '../../../src/storage/overlay/freeze-branch.ts';
import { deepest } from '../../../src/storage/overlay/layers.ts';
import { sleep } from '../../../src/system/sleep.ts';
import { changedPaths } from '../btrfs/compare-ways.ts';
import { branch, contentOf, makeImage, nativePath, type Store, system, tag, using, withStore } from '../objects.ts';

function onOverlay(body: (store: Store) => void): Promise<void> {
  return withStore(overlayBackend, 'ext4', body);
}

function layersIn({ directory }: Store): string[] {
  return readdirSync(join(directory, 'volumes/.layers'));
}

/** A test beside this one may have taken over what was mounted here, and keeps it for as long as it runs. */
function removeWhenFree(backend: Backend, place: Place): void {
  for (let tries = 0; ; tries += 1) {
    try {
      backend.remove(place);
      return;
    } catch (error) {
      if (!(error instanceof Failure) || error.code !== 'busy' || tries === 100) throw error;
      sleep(100);
    }
  }
}

/** Works on a branch by a shell, in its root. */
function shell(backend: Backend, place: Place, script: string): void {
  using(backend, place, (_files, cwd) =>
    execFileSync('sh', ['-ec', script], { cwd, stdio: ['ignore', 'ignore', 'pipe'] }),
  );
}

test('a tag of a branch in which nothing was changed is the same layer, and a tag of a tag too', () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    assert.equal(layersIn(store).length, 1);
    backend.snapshot(branch('image'), tag('again'), '');
    backend.snapshot(tag('image'), tag('copy'), '');
    backend.snapshot(branch('image'), branch('other'), '');
    assert.equal(layersIn(store).length, 1);
    shell(backend, branch('other'), 'chmod 700 .');
    backend.snapshot(branch('other'), tag('changed'), '');
    assert.equal(layersIn(store).length, 2);
    assert.equal(contentOf(backend, tag('changed')).mode, 0o700);
  }));

test('what is copied up is a candidate, and no change where it is equal after all (case 118)', () =>
  onOverlay(({ backend }) => {
    makeImage(backend);
    shell(backend, branch('image'), 'touch a; cp b b2; mv b2 b; echo more >> etc/c');
    assert.deepEqual([...(backend.candidates(tag('image'), branch('image')) ?? [])].sort(), [
      ['/', 'entry'],
      ['/a', 'tree'],
      ['/b', 'tree'],
      ['/etc', 'entry'],
      ['/etc/c', 'tree'],
    ]);
    assert.deepEqual(changedPaths(backend, tag('image'), branch('image')), ['/etc/c']);
  }));

test('case 117: deletions stay deletions over many layers, and what comes back is new', () =>
  onOverlay(({ backend }) => {
    makeImage(backend);
    const [ours, first] = [branch('image'), tag('image')];
    const layers = [
      'rm -r etc/d',
      'mkdir etc/d; echo new > etc/d/new',
      'rm -r etc',
      'echo file > etc',
      'rm etc; mkdir etc',
    ];
    const found = layers.map((script, index) => {
      shell(backend, ours, script);
      backend.snapshot(ours, tag(`t${index}`), '');
      return changedPaths(backend, first, ours);
    });
    const etc = ['/etc', '/etc/a2', '/etc/c', '/etc/d', '/etc/d/e'];
    assert.deepEqual(found, [['/etc/d', '/etc/d/e'], ['/etc/d/e', '/etc/d/new'], etc, etc, etc.slice(1)]);
    assert.deepEqual(changedPaths(backend, tag('t1'), tag('t2')), [
      '/etc',
      '/etc/a2',
      '/etc/c',
      '/etc/d',
      '/etc/d/new',
    ]);
    assert.deepEqual(
      changedPaths(backend, tag('t2'), tag('t1')),
      ['/etc', '/etc/a2', '/etc/c', '/etc/d', '/etc/d/new'],
      'back too',
    );
  }));

test('case 117: a directory that was removed and made again in one go shows nothing of the old one', () =>
  onOverlay(({ backend }) => {
    makeImage(backend);
    shell(backend, branch('image'), 'rm -r etc/d; mkdir etc/d; echo new > etc/d/new');
    assert.deepEqual(changedPaths(backend, tag('image'), branch('image')), ['/etc/d/e', '/etc/d/new']);
  }));

test('a file of two names becomes two when one is written to: so the kind says of itself, and so it is found', () =>
  onOverlay(({ backend }) => {
    makeImage(backend);
    assert.equal(backend.capabilities.keepsLinks, false);
    shell(backend, branch('image'), 'echo more >> a; ln b b3');
    using(backend, branch('image'), (files) => {
      assert.deepEqual([files.read('/a'), files.read('/etc/a2')], ['a\nmore\n', 'a\n']);
    });
    assert.deepEqual(changedPaths(backend, tag('image'), branch('image')), ['/a', '/b3']);
  }));

test('pairs that share no layer are to be compared whole', () =>
  onOverlay(({ backend }) => {
    makeImage(backend);
    makeImage(backend, 'other');
    assert.equal(backend.candidates(tag('image'), tag('other')), null);
    assert.equal(backend.candidates(tag('image'), branch('other')), null);
    assert.ok(backend.candidates(tag('image'), branch('image')) !== null);
    assert.throws(() => backend.candidates(tag('image'), branch('gone')), { code: 'no-object' });
  }));

test('a layer with redirected directories or files without their content is refused by name', () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    const [upper, mounted] = [join(nativePath(store, branch('image')), 'tree'), join(store.mountpoint, 'foreign')];
    for (const options of ['redirect_dir=on', 'metacopy=on']) {
      backend.snapshot(tag('image'), branch('foreign'), '');
      const own = nativePath(store, branch('foreign'));
      mkdirSync(mounted, { recursive: true });
      const [layer = ''] = layersIn(store);
      const escaped = (path: string): string => path.replaceAll(/[\\,:]/g, '\\$&');
      const lower = escaped(join(store.directory, 'volumes/.layers', layer, 'tree'));
      const layers = `lowerdir=${lower},upperdir=${escaped(join(own, 'tree'))},workdir=${escaped(join(own, 'work'))}`;
      execFileSync('mount', ['-t', 'overlay', '-o', `${layers},${options}`, 'someone', mounted], {
        env: { ...process.env, LIBMOUNT_FORCE_MOUNT2: 'always' },
      });
      assert.throws(() => backend.snapshot(branch('foreign'), tag('new'), ''), { code: 'busy' });
      assert.throws(() => backend.remove(branch('foreign')), { code: 'busy' });
      if (options === 'metacopy=on') chmodSync(join(mounted, 'a'), 0o600);
      else execFileSync('mv', ['etc/d', 'etc/renamed'], { cwd: mounted });
      execFileSync('umount', [mounted]);
      assert.throws(() => backend.candidates(tag('image'), branch('foreign')), {
        code: 'foreign-layer',
        message:
          options === 'metacopy=on'
            ? /tree\/a is a file without/
            : /tree\/etc\/renamed is a directory that was renamed/,
      });
      removeWhenFree(backend, branch('foreign'));
    }
    assert.ok(existsSync(upper));
  }));

test('a branch that is mounted is not taken a tag of; unmounted it is', () =>
  onOverlay(({ backend, mountpoint }) => {
    makeImage(backend);
    const mounted = join(mountpoint, 'mounted');
    for (const writable of [true, false]) {
      backend.mount(branch('image'), mounted, { writable });
      assert.throws(() => backend.snapshot(branch('image'), tag('new'), ''), { code: 'busy', message: /mounted/ });
      assert.throws(() => backend.snapshot(branch('image'), branch('new'), ''), { code: 'busy' });
      assert.equal(backend.list().length, 2);
      system.mounts.unmount(mounted);
    }
    backend.mount(tag('image'), mounted, { writable: false });
    backend.snapshot(branch('image'), tag('new'), '');
    backend.remove(tag('new'));
    assert.throws(() => backend.remove(tag('image')), { code: 'busy' });
    system.mounts.unmount(mounted);
  }));

test(`${deepest} layers lie on each other, with the longest names, and no more`, () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    const name = `${'n:'.repeat(59)}nn`;
    const deep = branch(name, `v${'+'.repeat(119)}`);
    backend.snapshot(tag('image'), deep, '');
    for (let depth = 1; depth < deepest; depth++) {
      using(backend, deep, (files) => files.create(`/${depth}`, ''));
      backend.snapshot(deep, tag(`${depth}`), '');
    }
    using(backend, deep, (files) => files.create('/last', ''));
    assert.equal(contentOf(backend, deep).children.size, 3 + deepest);
    assert.throws(() => backend.snapshot(deep, tag('more'), ''), { code: 'too-deep' });
    assert.equal(contentOf(backend, deep).children.size, 3 + deepest);
    assert.equal(layersIn(store).length, deepest);
  }));

test('layers go with the last object that names them, and none where an object cannot tell', () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    makeImage(backend, 'other');
    backend.snapshot(tag('other'), tag('third'), '');
    mkdirSync(join(store.directory, 'volumes/.layers/lost+found'));
    const list = join(nativePath(store, tag('third')), 'layers');
    const text = readFileSync(list);
    writeFileSync(list, '{"schema":"migrate.layers/1","layers":["../../etc"]}');
    assert.throws(() => backend.withContent(tag('third'), { writable: false }, () => 1), {
      code: 'no-object',
      message: /damaged/,
    });
    for (const place of [branch('image'), tag('image'), branch('other')]) backend.remove(place);
    assert.equal(layersIn(store).length, 3);
    writeFileSync(list, text);
    backend.remove(tag('other'));
    assert.equal(layersIn(store).length, 2, 'one that is named, and what others have put there');
    writeFileSync(list, 'damaged');
    backend.remove(tag('third'));
    assert.deepEqual(layersIn(store), ['lost+found']);
  }));

test('what is immutable stays so in tags and branches of it, and goes with them', () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    const lock = 'chattr +i a; chattr +a b; chattr +i etc/d';
    shell(backend, branch('image'), lock);
    const locked = (place: Place): void =>
      using(backend, place, (files) => {
        assert.deepEqual(
          ['/a', '/b', '/etc/d', '/etc'].map((path) => files.entry(path)?.flags),
          [0x10, 0x20, 0x10, 0],
        );
      });
    locked(branch('image'));
    backend.snapshot(branch('image'), tag('locked'), '');
    backend.snapshot(tag('locked'), branch('locked'), '');
    for (const place of [branch('image'), tag('locked'), branch('locked')]) locked(place);
    assert.throws(() => shell(backend, branch('locked'), 'rm a'), /Operation not permitted/);
    shell(backend, branch('locked'), 'chattr -i a; rm a');
    for (const { place } of backend.list()) backend.remove(place);
    assert.deepEqual(layersIn(store), []);
  }));

test('what is immutable can be unlocked in a branch that got its layer back, over other layers and over none', () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    backend.snapshot(tag('image'), branch('over'), '');
    for (const [index, ours] of [branch('over'), branch('image')].entries()) {
      shell(backend, ours, 'chattr +i b; chattr +a etc/c');
      backend.snapshot(ours, tag('kept'), '');
      if (index === 1) for (const gone of [tag('image'), branch('over')]) backend.remove(gone);
      const before = layersIn(store).length;
      backend.remove(tag('kept'));
      assert.ok(layersIn(store).length < before);
      const flags = using(backend, ours, (files) => ['/b', '/etc/c'].map((path) => files.entry(path)?.flags));
      assert.deepEqual(flags, [0x10, 0x20]);
      shell(backend, ours, 'chattr -i b; chattr -a etc/c; rm b; echo c > etc/c');
      backend.snapshot(ours, tag(`unlocked${index}`), '');
      assert.equal(contentOf(backend, tag(`unlocked${index}`)).children.has('b'), false);
    }
  }));

test('hard links and whiteouts of a layer do not reach what is below it', () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    using(backend, branch('image'), (files, directory) => {
      linkSync(join(directory, 'b'), join(directory, 'b2'));
      assert.throws(() => files.makeNode('/whiteout', 'character', { major: 0, minor: 0 }), { code: 'EPERM' });
    });
    const links = (place: Place): number =>
      backend.withContent(place, { writable: false }, (at) => statSync(join(at, 'b')).nlink);
    assert.deepEqual([links(tag('image')), links(branch('image'))], [1, 2]);
  }));

test('a branch that alone names its topmost layer takes it back, and is a plain directory where none is left', () =>
  onOverlay((store) => {
    const { backend } = store;
    makeImage(backend);
    backend.snapshot(branch('image'), branch('copy'), '');
    assert.equal(layersIn(store).length, 1);
    const content = contentOf(backend, branch('copy'));
    backend.remove(branch('image'));
    assert.deepEqual(contentOf(backend, branch('copy')), content);
    // The tag of it names the layer still.
    assert.equal(layersIn(store).length, 1);
    backend.remove(tag('image'));
    assert.deepEqual(layersIn(store), []);
    assert.equal(
      readFileSync(join(nativePath(store, branch('copy')), 'layers'), 'latin1'),
      'migrate.layers/1\nend 0\n',
    );
    assert.deepEqual(contentOf(backend, branch('copy')), content);
  }));

test('what containers keep in a plain branch is not made a layer, where its whiteouts and marks would be gone', () =>
  onOverlay((store) => {
    const { backend } = store;
    backend.create(branch('containers'), '');
    const tree = join(nativePath(store, branch('containers')), 'tree');
    const isRefused = (message: RegExp): void => {
      const refusal = { code: 'holds-layers', message };
      assert.throws(() => backend.snapshot(branch('containers'), tag('kept'), ''), refusal);
      // The same is known before.
      assert.match(backend.snapshotProblem?.(branch('containers'))?.message ?? '', message);
    };
    execFileSync('mknod', [join(tree, 'whiteout'), 'c', '0', '0']);
    isRefused(/\/whiteout in it is a whiteout/);
    execFileSync('rm', [join(tree, 'whiteout')]);
    mkdirSync(join(tree, 'layer'));
    writeFileSync(join(tree, 'layer/file'), '');
    for (const [path, mark] of [
      ['layer', 'opaque'],
      ['layer', 'redirect'],
      ['layer/file', 'metacopy'],
    ] as const) {
      const name = `trusted.overlay.${mark}`;
      execFileSync('setfattr', ['-n', name, '-v', 'y', join(tree, path)]);
      isRefused(new RegExp(`/${path} in it is marked ${name}`));
      execFileSync('setfattr', ['-x', name, join(tree, path)]);
    }
    assert.equal(backend.snapshotProblem?.(branch('containers')), null);
    backend.snapshot(branch('containers'), tag('kept'), '');
  }));

test('case 8: what goes from a branch in use while it is looked through keeps nobody from staging', () =>
  onOverlay((store) => {
    const { backend } = store;
    backend.create(branch('srv'), '');
    const tree = join(nativePath(store, branch('srv')), 'tree');
    mkdirSync(join(tree, 'going/below'), { recursive: true });
    mkdirSync(join(tree, 'staying'));
    writeFileSync(join(tree, 'gone'), '');
    const files = system.openRoot(bytesOfText(store.directory));
    const before = (call: 'listInodes' | 'xattrNames', end: string) => (path: RootPath) => {
      if (path.endsWith(end)) rmSync(join(store.directory, path), { recursive: true });
      return files[call](path);
    };
    const racing = new Proxy(files, {
      get: (_, name) => {
        if (name === 'listInodes') return before(name, '/going');
        if (name === 'xattrNames') return before(name, '/gone');
        const value: unknown = Reflect.get(files, name, files);
        return typeof value === 'function' ? value.bind(files) : value;
      },
    });
    try {
      assert.equal(freezeProblem(racing, branch('srv')), null);
      assert.deepEqual(readdirSync(tree), ['staying']);
      execFileSync('mknod', [join(tree, 'staying/whiteout'), 'c', '0', '0']);
      assert.match(freezeProblem(racing, branch('srv'))?.message ?? '', /staying\/whiteout in it is a whiteout/);
    } finally {
      files.close();
    }
  }));

test('a plain branch that is mounted as it is can be looked at, and is not taken the content of meanwhile', () =>
  onOverlay((store) => {
    const { backend } = store;
    backend.create(branch('srv'), '');
    const at = join(store.mountpoint, 'at');
    mkdirSync(at);
    execFileSync('mount', ['--bind', join(nativePath(store, branch('srv')), 'tree'), at]);
    try {
      writeFileSync(join(at, 'data'), 'data');
      assert.throws(() => backend.snapshot(branch('srv'), tag('kept'), ''), { code: 'busy' });
      assert.throws(() => backend.remove(branch('srv')), { code: 'busy' });
      using(backend, branch('srv'), (_, directory) => writeFileSync(join(directory, 'more'), 'more'));
      assert.equal(readFileSync(join(at, 'more'), 'latin1'), 'more');
    } finally {
      execFileSync('umount', [at]);
    }
  }));

test('a branch that lies on no layers is the directory itself, on which overlayfs can lie, and what is mounted in it is not in the store', () =>
  onOverlay((store) => {
    const { backend, mountpoint } = store;
    backend.create(branch('srv'), '');
    execFileSync('mount', ['--make-shared', mountpoint]);
    using(backend, branch('srv'), (files, cwd) => {
      const container =
        'mkdir lower upper work at; echo a > lower/a; mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none at; rm at/a';
      execFileSync('sh', ['-ec', container], { cwd });
      try {
        const mounts = mountsOf(system.readFile('/proc/self/mountinfo')).map(({ directory }) => directory);
        assert.deepEqual(
          mounts.filter((directory) => directory.endsWith('/at')),
          [`${cwd}/at`],
        );
      } finally {
        execFileSync('umount', ['at'], { cwd });
      }
      assert.equal(files.status('/upper/a')?.type, 'whiteout');
    });
  }));

test('what got its last layer back has no marks of overlayfs in it', () =>
  onOverlay((store) => {
    const { backend } = store;
    backend.create(branch('plain'), '');
    shell(backend, branch('plain'), 'mkdir d; echo a > d/a; chattr +i d/a; chattr +a d');
    const before = contentOf(backend, branch('plain'));
    backend.snapshot(branch('plain'), tag('kept'), '');
    assert.deepEqual(contentOf(backend, branch('plain')), before);
    backend.remove(tag('kept'));
    assert.deepEqual(layersIn(store), []);
    assert.deepEqual(contentOf(backend, branch('plain')), before);
    const tree = join(nativePath(store, branch('plain')), 'tree');
    const marks = execFileSync('getfattr', ['-R', '-d', '-m', 'trusted.overlay', tree], { encoding: 'latin1' });
    assert.equal(marks, '');
    shell(backend, branch('plain'), 'chattr -a d; chattr -i d/a; rm -r d');
  }));

test('a mount that only its name tells, as its directory cannot be looked at, counts as long as it is there', () =>
  onOverlay(({ backend, open }) => {
    makeImage(backend);
    const tree = '/nowhere/volumes/data/branches/image/tree';
    const line = `999999 1 0:999 / /nowhere rw - overlay someone rw,lowerdir=/l,upperdir=${tree},workdir=/w\n`;
    const seenIn = (files: RegExp): Backend =>
      open({
        ...system,
        readFile: (path) => `${system.readFile(path)}${files.test(path) ? line : ''}`,
      });
    shell(backend, branch('image'), 'echo more >> a');
    const [isThere, isGone] = [/\/mountinfo$/, /^\/proc\/self\/mountinfo$/].map(seenIn);
    assert.throws(() => isThere?.snapshot(branch('image'), tag('new'), ''), { code: 'busy', message: /nowhere/ });
    isGone?.snapshot(branch('image'), tag('new'), '');
    assert.equal(contentOf(backend, tag('new')).children.size, 3);
  }));
