import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../../src/domain/failure.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { FilesystemKind } from '../system/loop-filesystem.ts';
import {
  branch,
  contentOf,
  makeImage,
  mountsBelow,
  nativePath,
  type Store,
  sidecarOf,
  system,
  type TestedKind,
  tag,
  using,
  withStore,
} from './objects.ts';

/** What every kind of storage promises, on each of these filesystems; `backend.ts` says it in words. */
export function testContract(kind: TestedKind, filesystems: readonly FilesystemKind[]): void {
  for (const filesystem of filesystems) {
    const on = `${kind.name} on ${filesystem}`;
    for (const [promise, run] of Object.entries(promises)) {
      test(`${on}: ${promise}`, () => withStore(kind, filesystem, run));
    }
  }
  test(`${kind.name}: a filesystem that it cannot use is refused before anything is written`, async () => {
    await assert.rejects(
      withStore(kind, 'tmpfs', () => undefined),
      { code: 'wrong-filesystem' },
    );
  });
}

async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 20_000; !isSo(); await sleep(10)) assert.ok(Date.now() < end, `${isSo} after 20 s`);
}

/** A test beside this one may have taken over what was mounted here, and keeps it for as long as it runs. */
async function onceFree<Result>(run: () => Result): Promise<Result> {
  for (const end = Date.now() + 20_000; ; await sleep(50)) {
    try {
      return run();
    } catch (error) {
      if (errorCode(error) !== 'busy' || Date.now() > end) throw error;
    }
  }
}

const promises: Readonly<Record<string, (store: Store) => void | Promise<void>>> = {
  'a new branch is empty, anybody may enter it, and it is listed with its sidecar': ({ backend }) => {
    assert.deepEqual(backend.list(), []);
    backend.create(branch('main'), sidecarOf('one'));
    assert.deepEqual(backend.list(), [{ place: branch('main'), sidecar: sidecarOf('one') }]);
    const { children, ...root } = contentOf(backend, branch('main'));
    assert.equal(children.size, 0);
    assert.deepEqual([root.mode, root.uid, root.gid], [0o755, 0, 0]);
  },

  'it has streams of its own where it says so': ({ backend }) => {
    assert.equal(backend.native === null, backend.capabilities.streams.length === 0);
  },

  'layers of containers are content where it says so, with their whiteouts and marks': ({ backend }) => {
    backend.create(branch('main'), '');
    const mark = 'trusted.overlay.opaque';
    using(backend, branch('main'), (files) => {
      files.makeDirectory('/d');
      files.makeNode('/d/gone', 'character', { major: 0, minor: 0 });
      files.setXattr('/d', mark, 'y');
    });
    const take = (): void => backend.snapshot(branch('main'), tag('one'), '');
    if (!backend.capabilities.holdsLayers) return assert.throws(take, { code: 'holds-layers' });
    take();
    using(backend, tag('one'), (files) => {
      assert.deepEqual([files.status('/d/gone')?.type, files.xattr('/d', mark)], ['whiteout', 'y']);
    });
  },

  'what is left for new content is told where that lies in a pool, and what is written is taken of it': ({
    backend,
    pool,
  }) => {
    assert.equal(backend.room === undefined, pool === null);
    if (backend.room === undefined) return;
    backend.create(branch('main'), '');
    const before = backend.room().bytes;
    assert.ok(before > 0 && before <= (pool?.free() ?? 0), `${before} of ${pool?.free()}`);
    using(backend, branch('main'), (files, directory) => {
      writeFileSync(join(directory, 'large'), randomBytes(8 * 2 ** 20));
      files.syncFilesystem();
    });
    const taken = (before - backend.room().bytes) / 2 ** 20;
    assert.ok(taken > 4 && taken < 24, `${taken} MiB`);
  },

  'a sidecar is replaced whole': ({ backend, open }) => {
    backend.create(branch('main'), sidecarOf('one'));
    backend.writeSidecar(branch('main'), sidecarOf('two'));
    assert.deepEqual(open().list(), [{ place: branch('main'), sidecar: sidecarOf('two') }]);
    assert.throws(() => backend.writeSidecar(branch('gone'), ''), { code: 'no-object' });
  },

  'objects are listed in the order of names, whatever volume they are of': ({ backend }) => {
    for (const volume of ['b', 'a:1']) {
      backend.create(branch('x', volume), '');
      for (const name of ['t+2', 't_1', 't.0']) backend.snapshot(branch('x', volume), tag(name, volume), '');
    }
    const of = (volume: string): unknown[] => [
      branch('x', volume),
      ...['t+2', 't.0', 't_1'].map((name) => tag(name, volume)),
    ];
    assert.deepEqual(
      backend.list().map(({ place }) => place),
      [...of('a:1'), ...of('b')],
    );
  },

  'a snapshot holds what its source has at that moment, in every direction': ({ backend }) => {
    makeImage(backend);
    const image = contentOf(backend, tag('image'));
    assert.deepEqual([...image.children.keys()], ['a', 'b', 'etc']);
    backend.snapshot(tag('image'), branch('one'), '');
    using(backend, branch('one'), (_files, directory) => {
      appendFileSync(join(directory, 'a'), 'one\n');
      execFileSync('sh', ['-c', 'rm -r etc/d b; mkdir b; echo new > b/f'], { cwd: directory });
    });
    const one = contentOf(backend, branch('one'));
    backend.snapshot(branch('one'), tag('one'), '');
    backend.snapshot(branch('one'), branch('two'), '');
    backend.snapshot(tag('one'), tag('same'), '');
    backend.snapshot(tag('same'), branch('three'), '');
    using(backend, branch('one'), (_files, directory) => writeFileSync(join(directory, 'later'), ''));
    using(backend, branch('two'), (_files, directory) => execFileSync('rm', ['-r', join(directory, 'b')]));
    for (const place of [tag('one'), tag('same'), branch('three')]) {
      assert.deepEqual(describeDifferences(contentOf(backend, place), one, new Set()), []);
    }
    assert.deepEqual(describeDifferences(contentOf(backend, tag('image')), image, new Set()), []);
    assert.deepEqual([...contentOf(backend, branch('one')).children.keys()], ['a', 'b', 'etc', 'later']);
    assert.deepEqual([...contentOf(backend, branch('two')).children.keys()], ['a', 'etc']);
  },

  'the root directory of an object has attributes of its own, and its copies have them too': ({ backend }) => {
    backend.create(branch('main'), '');
    using(backend, branch('main'), (files) => {
      files.setOwner('/', 7, 8);
      files.setMode('/', 0o2751);
      files.setXattr('/', 'user.a', 'nul\0');
      files.setModified('/', { seconds: 1_000_000_000, nanoseconds: 123_456_789 });
    });
    const before = contentOf(backend, branch('main'));
    backend.snapshot(branch('main'), tag('t'), '');
    backend.snapshot(tag('t'), branch('b'), '');
    for (const place of [branch('main'), tag('t'), branch('b')]) {
      assert.deepEqual(describeDifferences(contentOf(backend, place), before, new Set()), []);
    }
    assert.equal(before.mtime, 1_000_000_000_123_456_789n);
  },

  'a tag cannot be written to, nor a branch that was not asked for writable': ({ backend, mountpoint }) => {
    makeImage(backend);
    const write = (directory: string): void => writeFileSync(join(directory, 'a'), 'changed\n');
    for (const [place, writable] of [
      [tag('image'), true],
      [tag('image'), false],
      [branch('image'), false],
    ] as const) {
      assert.throws(() => backend.withContent(place, { writable }, write), { code: 'EROFS' });
      const directory = join(mountpoint, 'mounted');
      backend.mount(place, directory, { writable });
      assert.throws(() => write(directory), { code: 'EROFS' });
      system.mounts.unmount(directory);
    }
  },

  'content is unmounted when its use ends, also by an error, or with a promise': async ({ backend, directory }) => {
    makeImage(backend);
    const during: number[] = [];
    const look = (at: string): string[] => {
      during.push(mountsBelow(directory).length);
      return readdirSync(at);
    };
    assert.deepEqual(backend.withContent(tag('image'), { writable: false }, look), ['a', 'b', 'etc']);
    const fail = (): never => {
      throw new RangeError('on purpose');
    };
    assert.throws(() => backend.withContent(branch('image'), { writable: true }, fail), RangeError);
    const later = backend.withContent(branch('image'), { writable: true }, async (at) => {
      await Promise.resolve();
      return look(at);
    });
    assert.deepEqual(await later, ['a', 'b', 'etc']);
    await assert.rejects(
      backend.withContent(branch('image'), { writable: false }, async () => fail()),
      RangeError,
    );
    assert.deepEqual(during, [1, 1]);
    assert.deepEqual(mountsBelow(directory), []);
  },

  'what is written through one mount of a branch is seen through another': async ({ backend, mountpoint }) => {
    makeImage(backend);
    const [first, second] = [join(mountpoint, 'first'), join(mountpoint, 'second')];
    backend.mount(branch('image'), first, { writable: true });
    backend.mount(branch('image'), second, { writable: true });
    writeFileSync(join(first, 'new'), 'first\n');
    appendFileSync(join(second, 'new'), 'second\n');
    appendFileSync(join(second, 'a'), 'second\n');
    for (const at of [first, second]) {
      assert.equal(readFileSync(join(at, 'new'), 'utf8'), 'first\nsecond\n');
      assert.equal(readFileSync(join(at, 'a'), 'utf8'), 'a\nsecond\n');
    }
    using(backend, branch('image'), (files) => assert.equal(files.read('/new'), 'first\nsecond\n'));
    for (const at of [first, second]) system.mounts.unmount(at);
    assert.equal(await onceFree(() => using(backend, branch('image'), (files) => files.read('/a'))), 'a\nsecond\n');
  },

  'what is mounted is not removed, in another set of mounts too': async ({ backend, mountpoint, directory }) => {
    makeImage(backend);
    const at = join(mountpoint, 'mounted');
    for (const place of [branch('image'), tag('image')]) {
      backend.mount(place, at, { writable: false });
      assert.throws(() => backend.remove(place), { code: 'busy' });
      system.mounts.unmount(at);
    }
    backend.mount(branch('image'), at, { writable: true });
    const hidden = execFileSync('sh', ['-c', 'unshare -m sleep 100 >/dev/null 2>&1 & echo $!'], {
      encoding: 'utf8',
    }).trim();
    try {
      await until(() => readFileSync(`/proc/${hidden}/comm`, 'utf8') === 'sleep\n');
      execFileSync('nsenter', ['-m', '-t', hidden, 'mount', '--make-rprivate', '/']);
      system.mounts.unmount(at);
      assert.deepEqual(mountsBelow(directory), []);
      assert.throws(() => backend.remove(branch('image')), { code: 'busy' });
      assert.equal(backend.list().length, 2, 'the sidecars are there still');
    } finally {
      process.kill(Number(hidden));
      await until(() => !existsSync(`/proc/${hidden}`));
    }
    backend.remove(branch('image'));
    backend.remove(tag('image'));
    assert.deepEqual(backend.list(), []);
  },

  'case 121: what is mounted in a branch is named, and is in no snapshot': ({ backend, mountpoint }) => {
    makeImage(backend);
    const at = join(mountpoint, 'mounted');
    backend.mount(branch('image'), at, { writable: true });
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(at, 'etc/d')]);
    writeFileSync(join(at, 'etc/d/hidden'), '');
    assert.deepEqual(backend.nestedIn(branch('image')), ['/etc/d']);
    assert.deepEqual(backend.nestedIn(tag('image')), []);
    const candidates = backend.candidates(tag('image'), branch('image'));
    assert.equal(candidates?.has('/etc/d'), backend.capabilities.nativeDiff ? true : undefined);
    execFileSync('umount', [join(at, 'etc/d')]);
    system.mounts.unmount(at);
    assert.deepEqual(backend.nestedIn(branch('image')), []);
  },

  'nothing is put over something': (store) => {
    const { backend } = store;
    makeImage(backend);
    writeFileSync(nativePath(store, tag('file')), 'foreign\n');
    const before = backend.list();
    for (const place of [branch('image'), tag('image'), tag('file')]) {
      assert.throws(() => backend.snapshot(tag('image'), place, 'other'), { code: 'exists' });
      assert.throws(() => backend.create(place, 'other'), { code: 'exists' });
    }
    assert.deepEqual(backend.list(), before);
    assert.throws(() => backend.snapshot(tag('gone'), branch('new'), ''), { code: 'no-object' });
    assert.throws(() => backend.withContent(tag('gone'), { writable: false }, () => 1), { code: 'no-object' });
    assert.deepEqual(backend.list(), before);
  },

  'what others have put in the places of objects is listed without a sidecar and never removed': (store) => {
    const { backend } = store;
    makeImage(backend);
    const foreign = [tag('directory'), tag('file'), tag('link'), branch('.snapshots'), branch('odd.json')];
    for (const place of foreign.filter(({ name }) => name !== 'file' && name !== 'link')) {
      mkdirSync(nativePath(store, place));
      writeFileSync(join(nativePath(store, place), 'kept'), '');
    }
    writeFileSync(nativePath(store, tag('file')), '');
    symlinkSync('/etc', nativePath(store, tag('link')));
    const listed = backend.list().filter(({ sidecar }) => sidecar === null);
    assert.deepEqual(
      listed.map(({ place }) => place),
      [branch('.snapshots'), branch('odd.json'), tag('directory'), tag('file'), tag('link')],
    );
    for (const place of foreign) assert.throws(() => backend.remove(place), { code: 'foreign' });
    for (const place of foreign) assert.ok(existsSync(nativePath(store, place)));
    assert.equal(backend.list().length, 7);
  },

  'an object that somebody else has removed has no sidecar any more, and its rest goes': (store) => {
    const { backend } = store;
    makeImage(backend);
    const native = nativePath(store, branch('image'));
    if (store.pool !== null) store.pool.removeNative(branch('image'));
    else
      execFileSync(
        backend.name === 'btrfs' ? 'btrfs' : 'rm',
        backend.name === 'btrfs' ? ['subvolume', 'delete', native] : ['-r', native],
        { stdio: 'ignore' },
      );
    assert.deepEqual(backend.list()[0], { place: branch('image'), sidecar: null });
    backend.remove(branch('image'));
    assert.deepEqual(readdirSync(join(native, '..')), []);
    assert.deepEqual(
      backend.list().map(({ place }) => place),
      [tag('image')],
    );
  },

  'objects go in any order, twice too, and with the last all that was stored': async (store) => {
    const { backend } = store;
    const free = (): number => {
      if (store.pool !== null) return store.pool.free();
      const files = system.openRoot(store.mountpoint);
      files.syncFilesystem();
      try {
        return files.space().bytes;
      } finally {
        files.close();
      }
    };
    const before = free();
    backend.create(branch('image'), '');
    const fill = (name: string): void =>
      using(backend, branch('image'), (files) => files.create(`/${name}`, 'x'.repeat(20_000_000)));
    fill('first');
    backend.snapshot(branch('image'), tag('first'), '');
    fill('second');
    backend.snapshot(branch('image'), tag('second'), '');
    backend.snapshot(tag('first'), branch('other'), '');
    backend.remove(tag('first'));
    assert.deepEqual([...contentOf(backend, tag('second')).children.keys()], ['first', 'second']);
    assert.deepEqual([...contentOf(backend, branch('other')).children.keys()], ['first']);
    backend.remove(branch('image'));
    assert.deepEqual([...contentOf(backend, tag('second')).children.keys()], ['first', 'second']);
    for (const place of [tag('second'), branch('other'), branch('other'), tag('never')]) backend.remove(place);
    assert.deepEqual(backend.list(), []);
    // Up to what the filesystem itself keeps of its growth; xfs frees what nobody has open any more a moment later.
    await until(() => before - free() < 5_000_000);
  },
};
