import assert from 'node:assert/strict';
import { execFileSync, execSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { branch, contentOf, makeImage, nativePath, type Store, system, tag, using, withStore } from '../objects.ts';
import { changedPaths } from './compare-ways.ts';

function onBtrfs(body: (store: Store) => void): Promise<void> {
  return withStore(btrfsBackend, 'btrfs', body);
}

function btrfs(...args: string[]): void {
  execFileSync('btrfs', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}

test('case 121: nested subvolumes are named where they are, and not where a snapshot has an empty directory', () =>
  onBtrfs((store) => {
    const { backend } = store;
    makeImage(backend);
    const root = nativePath(store, branch('image'));
    mkdirSync(join(root, 'var/lib'), { recursive: true });
    for (const name of ['var/lib/machines', 'srv']) btrfs('subvolume', 'create', join(root, name));
    btrfs('subvolume', 'create', join(root, 'srv/inner'));
    writeFileSync(join(root, 'srv/kept'), '');
    assert.deepEqual(backend.nestedIn(branch('image')), ['/srv', '/var/lib/machines']);
    backend.snapshot(branch('image'), tag('t'), '');
    backend.snapshot(tag('t'), branch('b'), '');
    for (const place of [tag('t'), branch('b')]) {
      assert.deepEqual(backend.nestedIn(place), []);
      assert.equal(contentOf(backend, place).children.get('srv')?.children.size, 0);
    }
    assert.deepEqual(changedPaths(backend, tag('t'), branch('b')), []);
    // Ours has a subvolume where base has nothing.
    assert.ok(backend.candidates(tag('image'), branch('image'))?.has('/srv'));
    backend.remove(branch('b'));
    backend.remove(tag('t'));
    assert.throws(() => backend.remove(branch('image')), { code: 'nested', message: /\/srv in it holds files/ });
    assert.equal(backend.list().length, 2);
    assert.ok(existsSync(join(root, 'srv/kept')), 'and nothing was removed');
    btrfs('subvolume', 'delete', join(root, 'srv/inner'));
    rmSync(join(root, 'srv/kept'));
    backend.remove(branch('image'));
    assert.deepEqual(
      backend.list().map(({ place }) => place),
      [tag('image')],
    );
  }));

test('a subvolume that is mounted by its name, or in which something is mounted, is not removed', () =>
  onBtrfs((store) => {
    const { backend, mountpoint } = store;
    makeImage(backend);
    const root = nativePath(store, branch('image'));
    const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', mountpoint], { encoding: 'utf8' }).trim();
    const elsewhere = join(mountpoint, 'elsewhere');
    mkdirSync(elsewhere);
    // Commas part options, so the mount is by number.
    const id = execFileSync('btrfs', ['inspect-internal', 'rootid', root], { encoding: 'utf8' }).trim();
    const mounts: readonly (readonly string[])[] = [
      ['-o', `subvolid=${id}`, device, elsewhere],
      ['--bind', join(root, 'etc'), elsewhere],
      ['-t', 'tmpfs', 'tmpfs', join(root, 'etc/d')],
    ];
    for (const args of mounts) {
      execFileSync('mount', args);
      assert.throws(() => backend.remove(branch('image')), { code: 'busy' });
      execFileSync('umount', [args.at(-1) ?? '']);
    }
    mkdirSync(join(root, 'etc/d/inner'));
    execFileSync('mount', ['-o', `subvolid=${id}`, device, elsewhere]);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(elsewhere, 'etc/d/inner')]);
    assert.deepEqual(backend.nestedIn(branch('image')), ['/etc/d/inner'], 'as on a running root');
    assert.ok(backend.candidates(tag('image'), branch('image'))?.has('/etc/d/inner'));
    execFileSync('umount', ['-R', elsewhere]);
    backend.remove(branch('image'));
  }));

test('case 122: a tag that was made writable and changed is no base any more, and is not written to through us', () =>
  onBtrfs((store) => {
    const { backend } = store;
    makeImage(backend);
    const root = nativePath(store, tag('image'));
    btrfs('property', 'set', '-ts', root, 'ro', 'false');
    writeFileSync(join(root, 'changed'), '');
    assert.equal(backend.candidates(tag('image'), branch('image')), null);
    backend.withContent(tag('image'), { writable: true }, (directory) => {
      assert.throws(() => writeFileSync(join(directory, 'a'), ''), { code: 'EROFS' });
    });
    btrfs('property', 'set', '-ts', root, 'ro', 'true');
    assert.deepEqual(changedPaths(backend, tag('image'), branch('image')), ['/changed'], 'what it holds now counts');
  }));

test('case 122: what was received is compared with what it was sent on top of, and wholly with anything else', () =>
  onBtrfs((store) => {
    const { backend } = store;
    makeImage(backend);
    using(backend, branch('image'), (_files, directory) => appendFileSync(join(directory, 'a'), 'more\n'));
    backend.snapshot(branch('image'), tag('next'), '');
    const [image, next] = [nativePath(store, tag('image')), nativePath(store, tag('next'))];
    const received = join(store.mountpoint, 'received');
    mkdirSync(received);
    const run = (command: string): void => {
      execSync(command, { cwd: received, env: { ...process.env, image, next }, stdio: ['ignore', 'ignore', 'pipe'] });
    };
    run('btrfs send -q "$image" | btrfs receive -q .; btrfs send -q -p "$image" "$next" | btrfs receive -q .');
    for (const name of ['image', 'next']) {
      btrfs('subvolume', 'snapshot', '-r', join(received, name), nativePath(store, tag(`received-${name}`)));
    }
    const [first, second] = [tag('received-image'), tag('received-next')];
    assert.deepEqual(changedPaths(backend, first, second), ['/a', '/etc/a2']);
    assert.equal(backend.candidates(tag('image'), first), null);
    assert.equal(backend.candidates(tag('image'), second), null);
    backend.snapshot(first, branch('mine'), '');
    assert.deepEqual(changedPaths(backend, second, branch('mine')), ['/a', '/etc/a2']);
    // An interrupted one is writable, and made from nothing.
    btrfs('subvolume', 'create', nativePath(store, tag('half')));
    assert.equal(backend.candidates(tag('half'), branch('mine')), null);
    assert.equal(backend.list().find(({ place }) => place.name === 'half')?.sidecar, null);
    backend.remove(tag('half'));
  }));

test('a store on another filesystem is refused, and a directory where a subvolume should be', async () => {
  await assert.rejects(
    withStore(btrfsBackend, 'ext4', () => undefined),
    { code: 'wrong-filesystem', message: /ext4, not btrfs/ },
  );
  await onBtrfs((store) => {
    makeImage(store.backend);
    mkdirSync(nativePath(store, branch('plain')));
    assert.throws(() => store.backend.snapshot(branch('plain'), tag('plain'), ''), { code: 'no-object' });
    assert.throws(() => store.backend.writeSidecar(branch('plain'), ''), { code: 'no-object' });
    assert.throws(() => store.backend.candidates(tag('image'), branch('plain')), { code: 'no-object' });
    assert.equal(store.backend.list().length, 3);
    assert.equal(system.exists(nativePath(store, tag('plain'))), false);
  });
});
