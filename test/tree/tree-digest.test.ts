import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { type DigestedTree, treeDigest } from '../../src/tree/tree-digest.ts';
import { sampleTree } from '../images/sample-tree.ts';
import { makeTree, system } from '../images/unpacking.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

async function digestOf(directory: string): Promise<string> {
  return (await digested(directory, false)).digest;
}

async function digested(directory: string, archived: boolean): Promise<DigestedTree> {
  const files = system.openRoot(directory);
  try {
    return await treeDigest(files, { streams: system.streams, archived, onProgress: () => undefined });
  } finally {
    files.close();
  }
}

function sh(directory: string, script: string): string {
  return execFileSync('bash', ['--norc', '-euc', script], { cwd: directory, encoding: 'utf8' });
}

/** One change each, of something that an image can have. */
const changes: Readonly<Record<string, string>> = {
  'a mode': 'chmod 0755 etc/passwd',
  'setuid taken away': 'chmod u-s usr/bin/sudo',
  'an owner': 'chown 7 etc/passwd',
  'a group': 'chgrp 7 etc/passwd',
  'the owner of a link': 'chown -h 7 etc/os-release',
  'the value of an extended attribute': 'setfattr -n user.binary -v 0x00fffe var/binary',
  'a new extended attribute': 'setfattr -n user.new -v "" etc/passwd',
  'an extended attribute that is gone': 'setfattr -x user.binary var/binary',
  'an access list': 'setfacl -m u:4242:- etc/acl',
  'a default access list': 'setfacl -d -m u:9:r etc/defaults',
  'a capability': 'setcap cap_net_bind_service=ep usr/bin/ping',
  'a flag': 'chattr +d etc/passwd',
  'content of the same size': 'printf L | dd of=etc/acl conv=notrunc status=none',
  'content that is longer': 'printf x >> etc/group',
  'a byte in a hole': 'printf x | dd of=var/all-hole bs=1 seek=5000 conv=notrunc status=none',
  'where a link points': 'ln -sfn ../usr/lib/os-releasf etc/os-release',
  'the number of a device': 'rm dev/null; mknod -m 640 dev/null c 1 5',
  'the kind of a device': 'rm dev/null; mknod -m 640 dev/null b 1 3',
  'a name': 'mv etc/passwd etc/passwe',
  'a name in other bytes': "mv var/$'bad\\xff\\xfe name\\n' var/$'bad\\xff\\xfd name\\n'",
  'a new empty file': ': > etc/new',
  'a new empty directory': 'mkdir etc/new',
  'a file that is gone': 'rm etc/group',
  'a file in place of a directory of the same name': 'rmdir var/tmp; install -m 1777 /dev/null var/tmp',
  'hard links that are apart': 'cp -p usr/link-2 usr/x; mv usr/x usr/link-2',
  'files that are linked': 'cp -p etc/group etc/group2; rm etc/group; ln etc/group2 etc/group',
  'an attribute of the root': 'chmod 0700 .',
};

test('the digest of a tree changes with everything that an image can have, and not with times', async () => {
  await withFilesystem('ext4', async (place) => {
    const tree = makeTree(join(place, 'tree'), sampleTree());
    const before = await digestOf(tree);
    assert.match(before, /^migrate\.tree\/1 sha256:[0-9a-f]{64}$/);
    sh(place, 'cp -a tree copy; find copy -exec touch -h -d 2001-02-03 {} +');
    assert.equal(await digestOf(join(place, 'copy')), before);
    const seen = new Map([[before, 'nothing']]);
    for (const [what, script] of Object.entries(changes)) {
      sh(place, 'rm -rf copy; cp -a tree copy');
      sh(join(place, 'copy'), script);
      const after = await digestOf(join(place, 'copy'));
      assert.equal(seen.get(after), undefined, `${what} is told from ${seen.get(after)}`);
      seen.set(after, what);
    }
  });
});

test('the digest of a tree does not depend on the order in which directories are read', async () => {
  // btrfs lists names in the order in which they were made.
  await withFilesystem('btrfs', async (place) => {
    sh(place, 'mkdir -p one/d two/d; touch one/d/{a,b,c} two/d/{c,b,a}');
    assert.notEqual(sh(join(place, 'one'), 'ls -U d'), sh(join(place, 'two'), 'ls -U d'));
    assert.equal(await digestOf(join(place, 'one')), await digestOf(join(place, 'two')));
  });
});

test('which names are of one file counts: two pairs of links are told from the other two', async () => {
  await withFilesystem('ext4', async (place) => {
    sh(
      place,
      'mkdir one two; touch one/a one/b two/a two/b; ln one/a one/c; ln one/b one/d; ln two/a two/d; ln two/b two/c',
    );
    assert.notEqual(await digestOf(join(place, 'one')), await digestOf(join(place, 'two')));
  });
});

test('as an archive holds it, a tree has neither sockets, which are named, nor flags', async () => {
  await withFilesystem('ext4', async (mountpoint) => {
    sh(mountpoint, 'rmdir lost+found; mkdir a; echo x > a/file');
    const before = await digested(mountpoint, true);
    assert.deepEqual([before.digest, before.leftOut], [await digestOf(mountpoint), []]);
    sh(mountpoint, 'chattr +d a/file; python3 -c "import socket; socket.socket(socket.AF_UNIX).bind(\'a/socket\')"');
    const after = await digested(mountpoint, true);
    assert.deepEqual([after.digest, after.leftOut], [before.digest, ['/a/socket']]);
    assert.notEqual(await digestOf(mountpoint), before.digest);
    sh(mountpoint, 'chmod 600 a/file');
    assert.notEqual((await digested(mountpoint, true)).digest, before.digest);
  });
});
