import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type BootFile, installBootFiles, removeBootFiles } from '../../src/boot/boot-files.ts';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { intercept, methodOf } from '../apply/interruption.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

const files: readonly BootFile[] = [
  { name: 'linux', path: '/vmlinuz' },
  { name: 'initrd', path: '/initrd.img' },
];

type Pair = { readonly top: string; readonly loader: Files; readonly from: Files };

async function withPair(body: (pair: Pair) => void): Promise<void> {
  await withFilesystem('ext4', (top) => {
    for (const name of ['loader', 'root']) mkdirSync(join(top, name));
    writeFileSync(join(top, 'root/vmlinuz'), 'a kernel');
    writeFileSync(join(top, 'root/initrd.img'), 'an initramfs');
    const [loader, from] = [openRoot(join(top, 'loader')), openRoot(join(top, 'root'))];
    try {
      body({ top, loader, from });
    } finally {
      loader.close();
      from.close();
    }
  });
}

const namesOf = (top: string, version: string): readonly string[] => readdirSync(join(top, 'loader/versions', version));

test('files lie beside the loader under names that tell their content, and are copied once', async () => {
  await withPair(({ top, loader, from }) => {
    const installed = installBootFiles(loader, 'trixie.2', { from, files });
    assert.deepEqual(
      installed.map(({ name, path }) => [name, readFileSync(join(top, 'loader', path), 'utf8')]),
      [
        ['linux', 'a kernel'],
        ['initrd', 'an initramfs'],
      ],
    );
    const inodes = installed.map(({ path }) => loader.status(path)?.inode);
    assert.deepEqual(installBootFiles(loader, 'trixie.2', { from, files }), installed);
    assert.deepEqual(
      installed.map(({ path }) => loader.status(path)?.inode),
      inodes,
    );
  });
});

test('a new kernel comes beside the old one, which goes when nothing names it any more', async () => {
  await withPair(({ top, loader, from }) => {
    installBootFiles(loader, 'trixie.2', { from, files });
    installBootFiles(loader, 'bookworm.1', { from, files });
    writeFileSync(join(top, 'root/vmlinuz'), 'a newer kernel');
    const installed = installBootFiles(loader, 'trixie.2', { from, files });
    assert.equal(namesOf(top, 'trixie.2').length, 3);
    const used = new Set(installed.map(({ path }) => path));
    const isUsed = (_: string, path: string): boolean => used.has(path);
    assert.equal(removeBootFiles(loader, isUsed), true);
    assert.equal(namesOf(top, 'trixie.2').length, 2);
    assert.deepEqual(readdirSync(join(top, 'loader/versions')), ['trixie.2']);
    assert.equal(removeBootFiles(loader, isUsed), false);
  });
});

test('a damaged copy is found, and so is one that the disk did not take', async () => {
  await withPair(({ top, loader, from }) => {
    const [kernel] = installBootFiles(loader, 'trixie.2', { from, files });
    assert.ok(kernel !== undefined);
    writeFileSync(join(top, 'loader', kernel.path), 'a kerneX');
    installBootFiles(loader, 'trixie.2', { from, files });
    assert.equal(readFileSync(join(top, 'loader', kernel.path), 'utf8'), 'a kernel');
    writeFileSync(join(top, 'root/vmlinuz'), 'a newer kernel');
    const forgetful = openRoot(join(top, 'loader'));
    intercept(forgetful, 'copyFrom', ([path]) => forgetful.create(String(path), 'a newer'));
    assert.throws(() => installBootFiles(forgetful, 'trixie.2', { from, files }), { code: 'boot-file-differs' });
    forgetful.close();
    // What was left half written is in nobody's way.
    assert.equal(installBootFiles(loader, 'trixie.2', { from, files }).length, 2);
  });
});

/** Writes over the beginning of a file where the disk has it; the kernel goes on remembering what it was. */
function damageBehind(top: string, path: string): void {
  const extents = execFileSync('filefrag', ['-v', path], { encoding: 'utf8' });
  const block = Number(/^ +0: +0\.\. +[0-9]+: +([0-9]+)\.\./m.exec(extents)?.[1]);
  const image = openSync(join(dirname(top), 'image'), 'r+');
  writeSync(image, 'behind', block * 4096);
  closeSync(image);
}

test('what the disk has made of a kernel counts, not what the kernel remembers of it', async () => {
  await withPair(({ top, loader, from }) => {
    const [kernel] = installBootFiles(loader, 'trixie.2', { from, files });
    assert.ok(kernel !== undefined);
    const path = join(top, 'loader', kernel.path);
    damageBehind(top, path);
    assert.equal(readFileSync(path, 'utf8'), 'a kernel');
    installBootFiles(loader, 'trixie.2', { from, files });
    assert.equal(loader.readFromDisk(kernel.path), 'a kernel');
    writeFileSync(join(top, 'root/vmlinuz'), 'a newer kernel');
    const failing = openRoot(join(top, 'loader'));
    const sync = methodOf(failing, 'sync');
    intercept(failing, 'sync', (args) => {
      sync(args);
      damageBehind(top, join(top, 'loader', String(args[0])));
    });
    assert.throws(() => installBootFiles(failing, 'trixie.2', { from, files }), { code: 'boot-file-differs' });
    failing.close();
  });
});
