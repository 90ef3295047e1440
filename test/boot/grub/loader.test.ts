import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { Loader, LoaderState } from '../../../src/boot/loader.ts';
import { SystemCallError } from '../../../src/domain/failure.ts';
import type { Files } from '../../../src/system/files.ts';
import type { System } from '../../../src/system/system.ts';
import { system, withLoaderDirectory } from './loader-directory.ts';
import { menu } from './menus.ts';

const nothing: LoaderState = { good: null, trial: null, once: null };
const armed: LoaderState = { good: 'v1', trial: { version: 'v2', tries: 2, failed: false }, once: null };
const settled: LoaderState = { good: 'v2', trial: null, once: { mode: 'config', nonce: 'n1' } };

for (const kind of ['ext4', 'xfs'] as const) {
  test(`what is set on ${kind} is what GRUB reads from the disk, nothing being unmounted`, async () => {
    await withLoaderDirectory(kind, ({ directory, open, asGrubReads }) => {
      const loader = open();
      assert.deepEqual(loader.read(), nothing);
      loader.install();
      loader.writeMenu(menu);
      for (const state of [armed, settled, armed]) {
        loader.write(state);
        assert.deepEqual(loader.read(), state);
        for (const name of ['env.a', 'env.b', 'menu.cfg', 'grub.cfg']) {
          assert.equal(asGrubReads(name), readFileSync(join(directory, name), 'latin1'), name);
        }
      }
      loader.writeMenu({ ...menu, trial: null });
      assert.equal(asGrubReads('menu.cfg'), readFileSync(join(directory, 'menu.cfg'), 'latin1'));
    });
  });
}

test('control: without the checkpoint GRUB does not read a menu although it is synchronized (fsync)', async () => {
  const mounts = { ...system.mounts, checkpoint: () => undefined };
  for (const kind of ['ext4', 'xfs'] as const) {
    await withLoaderDirectory(kind, ({ directory, open, asGrubReads }) => {
      const loader = open({ ...system, mounts });
      loader.install();
      loader.writeMenu(menu);
      assert.notEqual(asGrubReads('menu.cfg'), readFileSync(join(directory, 'menu.cfg'), 'latin1'), kind);
    });
  }
});

test('what GRUB wrote is read: the count of the newer environment, and a request that it has cleared', async () => {
  await withLoaderDirectory('ext4', ({ directory, open }) => {
    const loader = open();
    loader.write({ ...armed, once: { mode: 'total', nonce: 'n1' } });
    execFileSync('grub-editenv', [join(directory, 'env.b'), 'set', 'migrate_tries=1', 'migrate_once=']);
    assert.deepEqual(loader.read(), { ...armed, trial: { version: 'v2', tries: 1, failed: false } });
    loader.write(settled);
    assert.deepEqual(loader.read(), settled);
  });
});

test('environments are written in the blocks that they have, the one that GRUB uses last', async () => {
  await withLoaderDirectory('ext4', ({ directory, mountpoint, open }) => {
    const loader = open();
    loader.write(armed);
    const blocks = ['env.a', 'env.b'].map((name) => blockOf(directory, name));
    const seen: (string | null)[] = [];
    const checkpoint = (): void => {
      system.mounts.checkpoint(mountpoint);
      seen.push(open().read().good);
      if (seen.length === 1) throw new SystemCallError('EIO', 'ioctl(FIFREEZE)', mountpoint);
    };
    const failing = open({ ...system, mounts: { ...system.mounts, checkpoint } });
    assert.throws(() => failing.write(settled), { code: 'loader-not-written' });
    assert.equal(generation(directory, 'env.a'), '3');
    assert.equal(generation(directory, 'env.b'), '2');
    // Cut there, the new state is in force, and the next write goes to the other one first.
    assert.deepEqual(loader.read(), settled);
    loader.write(armed);
    assert.equal(generation(directory, 'env.b'), '4');
    assert.equal(generation(directory, 'env.a'), '5');
    assert.deepEqual(
      ['env.a', 'env.b'].map((name) => blockOf(directory, name)),
      blocks,
    );
  });
});

test('case 102: either environment may be lost, and the next write makes it anew; of two lost ones nothing is made up', async () => {
  await withLoaderDirectory('ext4', ({ directory, open, asGrubReads }) => {
    const loader = open();
    loader.install();
    loader.writeMenu(menu);
    for (const [name, lose] of [
      ['env.a', (file: string) => truncateSync(file, 0)],
      ['env.b', (file: string) => truncateSync(file, 700)],
      ['env.a', (file: string) => rmSync(file)],
      ['env.b', (file: string) => writeFileSync(file, '\0'.repeat(1024))],
    ] as const) {
      loader.write(armed);
      lose(join(directory, name));
      assert.deepEqual(loader.read(), armed, name);
      loader.write(settled);
      assert.equal(asGrubReads(name)?.length, 1024);
      assert.deepEqual(
        loader.problems().filter(({ key }) => /^(environment|loader)-/.test(key)),
        [],
      );
    }
    for (const name of ['env.a', 'env.b']) truncateSync(join(directory, name), 0);
    assert.throws(() => loader.read(), { code: 'loader-damaged' });
    loader.install();
    assert.deepEqual(loader.read(), nothing);
    loader.write(armed);
    assert.deepEqual(loader.read(), armed);
    loader.install();
    assert.deepEqual(loader.read(), armed);
  });
});

test('case 104: nothing is said to be set that is not on the disk', async () => {
  await withLoaderDirectory('ext4', ({ open }) => {
    open().write(armed);
    const lost = (files: Files): Files => withMethod(files, 'overwriteDurably', () => undefined);
    const losing: System = { ...system, openRoot: (directory, options) => lost(system.openRoot(directory, options)) };
    assert.throws(() => open(losing).write(settled), { code: 'loader-not-written' });
    assert.deepEqual(open().read(), armed);
  });
});

test('cases 72, 101: a filesystem that GRUB could not write to is refused', async () => {
  for (const kind of ['btrfs', 'tmpfs'] as const) {
    await withLoaderDirectory(kind, ({ open }) => {
      requireRefused(open(), new RegExp(`its filesystem is ${kind}`));
      assert.deepEqual(open().read(), nothing);
    });
  }
});

test('case 72: what is on a filesystem that is read-only is read, what is wrong is told, and no change is begun', async () => {
  for (const turn of [remountReadOnly, failReadOnly]) {
    await withLoaderDirectory('ext4', ({ directory, mountpoint, open }) => {
      open().install();
      open().writeMenu(menu);
      open().write(armed);
      const before = generation(directory, 'env.b');
      turn(mountpoint);
      const loader = open();
      assert.deepEqual(loader.read(), armed);
      const found = loader.problems().filter(({ key }) => /^(environment|loader)-/.test(key));
      assert.deepEqual(
        found.map(({ key, blocksTrial }) => ({ key, blocksTrial })),
        [{ key: 'loader-not-writable', blocksTrial: true }],
      );
      requireRefused(loader, /mounted read-only/);
      assert.equal(generation(directory, 'env.b'), before);
    });
  }
});

test('the configuration and the menu of somebody else are not replaced', async () => {
  await withLoaderDirectory('ext4', ({ directory, open }) => {
    for (const name of ['grub.cfg', 'menu.cfg']) {
      const file = join(directory, name);
      writeFileSync(file, 'menuentry Debian { true }\n');
      assert.throws(() => open().install(), { code: 'loader-directory', message: new RegExp(name) });
      assert.deepEqual(readdirSync(directory), [name]);
      assert.equal(readFileSync(file, 'utf8'), 'menuentry Debian { true }\n');
      rmSync(file);
    }
    open().install();
    open().writeMenu(menu);
    const before = readFileSync(join(directory, 'grub.cfg'), 'utf8');
    writeFileSync(join(directory, 'grub.cfg'), `${before}set timeout=9\n`);
    open().install();
    assert.equal(readFileSync(join(directory, 'grub.cfg'), 'utf8'), before);
  });
});

test('cases 72, 101: a device that GRUB only reads is refused', async () => {
  await withLoaderDirectory('ext4', ({ open }) => {
    for (const [kind, said] of [
      ['dm', /device mapper/],
      ['md', /other devices/],
    ] as const) {
      const exists = (path: string): boolean => (path.endsWith(`/${kind}`) ? true : system.exists(path));
      requireRefused(open({ ...system, exists }), said);
    }
    const readFile = (path: string): string => (path.endsWith('/ro') ? '1\n' : system.readFile(path));
    requireRefused(open({ ...system, readFile }), /is read-only/);
  });
});

/** None of its changes is made. */
function requireRefused(loader: Loader, message: RegExp): void {
  for (const change of [() => loader.install(), () => loader.writeMenu(menu), () => loader.write(settled)]) {
    assert.throws(change, { code: 'loader-filesystem', message });
  }
}

function remountReadOnly(mountpoint: string): void {
  execFileSync('mount', ['-o', 'remount,ro', mountpoint]);
}

/** As after an error on the disk, with errors=remount-ro. */
function failReadOnly(mountpoint: string): void {
  execFileSync('mount', ['-o', 'remount,errors=remount-ro', mountpoint]);
  const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', mountpoint], { encoding: 'utf8' }).trim();
  writeFileSync(`/sys/fs/ext4/${basename(device)}/trigger_fs_error`, '1');
}

function generation(directory: string, name: string): string | undefined {
  return /^migrate_generation=(.*)$/m.exec(readFileSync(join(directory, name), 'latin1'))?.[1];
}

/** Where the file lies on its disk, by filefrag(8). */
function blockOf(directory: string, name: string): string | undefined {
  const text = execFileSync('filefrag', ['-v', join(directory, name)], { encoding: 'utf8' });
  return /^ +0: +0\.\. +0: +([0-9]+)\.\./m.exec(text)?.[1];
}

/** The same files with one method replaced. */
function withMethod<Name extends keyof Files>(files: Files, name: Name, method: Files[Name]): Files {
  return new Proxy(files, {
    get: (target, key) => {
      if (key === name) return method;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
