import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { imageFacts } from '../../src/images/image-facts.ts';
import { machineOfElf } from '../../src/images/machine-of-elf.ts';
import { parseOsRelease } from '../../src/images/os-release.ts';
import { resolveInside } from '../../src/images/read-inside.ts';
import { suggestTag } from '../../src/images/suggest-tag.ts';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { directory, file, node, sampleTree } from './sample-tree.ts';
import { makeTree } from './unpacking.ts';

async function withTree(tree: TreeNode, use: (files: Files, root: string) => void): Promise<void> {
  await withFilesystem('tmpfs', (place) => {
    const root = makeTree(join(place, 'root'), tree);
    const files = openRoot(root);
    try {
      use(files, root);
    } finally {
      files.close();
    }
  });
}

test('an image says what it is, which kernels it has and where they lie', async () => {
  await withTree(sampleTree(), (files) => {
    assert.deepEqual(imageFacts(files), {
      id: 'sample',
      versionId: '4.2',
      imageId: 'sample-server',
      imageVersion: '17',
      prettyName: 'Sample 4.2',
      architecture: '',
      kernels: [
        {
          release: '6.1.0-9',
          hasModules: true,
          kernel: '/boot/vmlinuz-6.1.0-9',
          initramfs: '/boot/initrd.img-6.1.0-9',
        },
      ],
    });
  });
});

test('kernels lie beside their modules too, and an image without os-release is one by its kernel', async () => {
  const modules = { '6.12.0': directory({ vmlinuz: file('k'), 'initramfs.img': file('i') }), '5.10.0': directory({}) };
  const tree = directory({
    usr: directory({ lib: directory({ modules: directory(modules) }) }),
    lib: node('symlink', 'usr/lib'),
    boot: directory({ 'vmlinuz-5.9.0': file('k'), 'vmlinuz-link': node('symlink', '/nowhere') }),
  });
  await withTree(tree, (files) => {
    const { kernels, id } = imageFacts(files);
    assert.equal(id, '');
    const places = kernels.map(({ release, hasModules, kernel, initramfs }) => [
      release,
      hasModules,
      kernel,
      initramfs,
    ]);
    assert.deepEqual(places, [
      ['5.10.0', true, null, null],
      ['5.9.0', false, '/boot/vmlinuz-5.9.0', null],
      ['6.12.0', true, '/usr/lib/modules/6.12.0/vmlinuz', '/usr/lib/modules/6.12.0/initramfs.img'],
      ['link', false, null, null],
    ]);
  });
});

test('case 17: what an image says of itself is read inside of it, wherever its links lead', async () => {
  const tree = directory({
    usr: directory({ bin: directory({}), lib: directory({ 'os-release': file('ID=inside\n') }) }),
    etc: directory({ 'os-release': node('symlink', '/../../usr/./lib/os-release'), loop: node('symlink', 'loop') }),
    bin: node('symlink', '/usr/bin'),
  });
  await withTree(tree, (files, root) => {
    copyFileSync('/bin/sh', join(root, 'usr/bin/sh'));
    assert.equal(imageFacts(files).id, 'inside');
    assert.equal(imageFacts(files).architecture, process.arch === 'x64' ? 'x86-64' : process.arch);
    assert.equal(resolveInside(files, '/etc/loop'), null);
    assert.equal(resolveInside(files, '/bin/sh'), '/usr/bin/sh');
    mkdirSync(join(root, 'usr/empty'));
    assert.equal(resolveInside(files, '/usr/empty/../../../usr'), '/usr');
  });
});

test('os-release is read as a shell would', () => {
  const content =
    '# x\nID=debian\nNAME="a \\"b\\" \\$c \\\\"\nVERSION_ID=\'12\'\n bad line\nID=last \r\nEMPTY=\nCAF\xc3\x89=no\nNICE="caf\xc3\xa9"\n';
  const expected = { ID: 'last', NAME: 'a "b" $c \\', VERSION_ID: '12', EMPTY: '', NICE: 'caf\u00e9' };
  assert.deepEqual(Object.fromEntries(parseOsRelease(content)), expected);
});

test('a tag is named for the image: by its own version, else by the release and the digest', () => {
  const facts = {
    id: 'debian',
    versionId: '12',
    imageId: '',
    imageVersion: '',
    prettyName: '',
    architecture: '',
    kernels: [],
  };
  const digest = '0123456789abcdef'.repeat(4);
  assert.equal(suggestTag(facts, digest), 'debian-12-0123456789ab');
  assert.equal(suggestTag(facts, null), 'debian-12');
  assert.equal(suggestTag({ ...facts, imageId: 'server', imageVersion: '2026.1' }, digest), 'server-2026.1');
  assert.equal(suggestTag({ ...facts, id: '../..', versionId: 'a/b.json' }, null), 'a-b');
  assert.equal(suggestTag({ ...facts, id: '', versionId: '' }, null), 'image');
  assert.equal(suggestTag({ ...facts, id: 'x'.repeat(300) }, null).length, 120);
});

test('programs tell their machine', () => {
  assert.equal(machineOfElf(readFileSync('/bin/sh', 'latin1')), process.arch === 'x64' ? 'x86-64' : process.arch);
  const elf = (order: string, machine: string): string => `\x7fELF\x02${order}${'\0'.repeat(12)}${machine}`;
  assert.equal(machineOfElf(elf('\x01', '\xb7\0')), 'arm64');
  assert.equal(machineOfElf(elf('\x02', '\0\x16')), 's390x');
  assert.equal(machineOfElf(elf('\x01', '\x15\0')), 'ppc64-le');
  assert.equal(machineOfElf('#!/bin/sh\n'.repeat(10)), null);
});
