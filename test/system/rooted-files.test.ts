import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { aclAccess, aclDefault, fileCapability, inodeFlags, xattrOf } from '../../src/domain/entry.ts';
import { SystemCallError } from '../../src/domain/failure.ts';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { type FilesystemKind, filesystemKinds, withFilesystem } from './loop-filesystem.ts';

/** A check in a fresh directory of a real filesystem. */
type Check = (files: Files, directory: string, kind: FilesystemKind) => void | Promise<void>;

const checks: Readonly<Record<string, Check>> = {
  'case 7: awkward names are listed, read and written byte by byte': checkAwkwardNames,
  'case 9: special files are told apart and never opened': checkSpecialFiles,
  'case 9: fifos and device nodes are made': checkMadeNodes,
  'case 17: nothing is reached through a link': checkEscapes,
  'case 34: mode and capability hold when set after the owner': checkOwnerThenMode,
  'case 35: access lists of files and directories are read, set and removed': checkAccessLists,
  'case 36: a capability is read and set as any attribute': checkCapability,
  'case 37: attributes hold NUL, nothing, and more than the first guess': checkBinaryXattrs,
  'case 37: a dangling link carries an attribute of its own': checkXattrOfLink,
  'case 38: neither umask nor default list nor setgid changes what is created': checkExactModes,
  'case 39: a hard link is another name of the same inode': checkHardLinks,
  'case 40: times are kept to the nanosecond, of links too': checkTimes,
  'inode flags are read and set, the filesystem keeps its own': checkFlags,
  'rename and removal forget open directories': checkStaleHandles,
  'two names are exchanged, also that of a directory and of a link': checkExchange,
  'what was renamed over a file is compared, not what was looked at there before': checkReplacedContent,
  'what was looked at last is known without asking again, and nothing else': checkStatusSeen,
  'a directory that was gone into from a look at it is forgotten with its name': checkAdopted,
  "attributes are named that are a filesystem's own": checkXattrNames,
  'errors carry the name of the kernel, the call and the path': checkErrors,
  'free space and inodes are what stat -f says': checkSpace,
};

for (const kind of filesystemKinds) {
  test(`files below a root on ${kind}`, async (t) => {
    await withFilesystem(kind, async (mountpoint) => {
      for (const [index, [title, check]] of Object.entries(checks).entries()) {
        await t.test(`${title} (${kind})`, async () => {
          const directory = join(mountpoint, `check-${index}`);
          mkdirSync(directory);
          const files = openRoot(directory);
          try {
            await check(files, directory, kind);
          } finally {
            files.close();
          }
        });
      }
    });
  });
}

function checkStatusSeen(files: Files, directory: string): void {
  for (const name of ['a', 'b']) writeFileSync(join(directory, name), 'one');
  files.entry('/a');
  for (const name of ['a', 'b']) writeFileSync(join(directory, name), 'three');
  assert.deepEqual([files.statusSeen('/a')?.size, files.statusSeen('/b')?.size, files.status('/a')?.size], [3, 5, 5]);
  files.rename('/b', '/a');
  assert.equal(files.statusSeen('/a')?.size, 5);
  assert.equal(files.statusSeen('/b'), null);
}

function checkAdopted(files: Files, directory: string): void {
  mkdirSync(join(directory, 'd/inner'), { recursive: true });
  writeFileSync(join(directory, 'd/inner/file'), '');
  for (const path of ['/d', '/d/inner', '/d/inner/file']) assert.notEqual(files.entry(path), null);
  files.rename('/d', '/e');
  assert.equal(files.entry('/d/inner/file'), null);
  assert.notEqual(files.entry('/e/inner/file'), null);
  // A name that only begins as that of the directory is another.
  writeFileSync(join(directory, 'ef'), '');
  files.entry('/e');
  assert.equal(files.entry('/ef')?.type, 'file');
}

function checkXattrNames(files: Files, directory: string): void {
  writeFileSync(join(directory, 'file'), '');
  assert.deepEqual(files.xattrNames('/file'), []);
  for (const name of ['user.note', 'trusted.overlay.opaque']) files.setXattr('/file', name, 'y');
  assert.deepEqual(files.xattrNames('/file').sort(), ['trusted.overlay.opaque', 'user.note']);
  assert.deepEqual(
    files.entry('/file')?.xattrs.map(({ name }) => name),
    ['user.note'],
  );
}

function run(command: string, ...values: string[]): string {
  return execFileSync(command, values, { encoding: 'latin1' });
}

function failsWith(code: string, act: () => unknown): void {
  assert.throws(act, (error) => error instanceof SystemCallError && error.code === code, `expected ${code}`);
}

function checkAwkwardNames(files: Files, directory: string): void {
  const awkward = [
    '-rf',
    '*',
    '[a]?',
    'a\nb',
    ' ',
    '\\',
    '$(x)',
    '\xff\xfe',
    '\xc3\xa9',
    'x'.repeat(255),
    '\xe9'.repeat(255),
  ];
  for (const name of awkward) {
    files.makeDirectory(`/${name}`);
    files.create(`/${name}/${name}`, name);
    files.makeSymlink(`/${name}/link`, name);
    files.setXattr(`/${name}/${name}`, 'user.name', name);
  }
  assert.deepEqual(files.list('/'), awkward.toSorted());
  const seen = execFileSync('find', [directory, '-type', 'f', '-printf', '%P\\0'], { encoding: 'latin1' });
  assert.deepEqual(seen.split('\0').slice(0, -1).sort(), awkward.map((name) => `${name}/${name}`).sort());
  for (const name of awkward) {
    assert.equal(files.read(`/${name}/${name}`), name);
    assert.equal(files.entry(`/${name}/link`)?.target, name);
    assert.deepEqual(files.entry(`/${name}/${name}`)?.xattrs, [{ name: 'user.name', value: name }]);
    files.unlink(`/${name}/link`);
    files.rename(`/${name}/${name}`, `/${name}/moved`);
    files.unlink(`/${name}/moved`);
    files.removeDirectory(`/${name}`);
  }
  assert.deepEqual(files.list('/'), []);
}

async function checkSpecialFiles(files: Files, directory: string): Promise<void> {
  run('mkfifo', join(directory, 'fifo'));
  run('mknod', join(directory, 'tape'), 'c', '9', '300');
  run('mknod', join(directory, 'disk'), 'b', '259', '70000');
  run('mknod', join(directory, 'gone'), 'c', '0', '0');
  const server = createServer().listen(join(directory, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const types = files.list('/').map((name) => [name, files.entry(`/${name}`)?.type]);
    const expected = { disk: 'block', fifo: 'fifo', gone: 'whiteout', socket: 'socket', tape: 'character' };
    assert.deepEqual(Object.fromEntries(types), expected);
    assert.deepEqual(files.entry('/tape')?.device, { major: 9, minor: 300 });
    assert.deepEqual(files.status('/disk')?.device, { major: 259, minor: 70000 });
    for (const name of files.list('/')) failsWith('EINVAL', () => files.read(`/${name}`));
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function checkMadeNodes(files: Files, directory: string): void {
  files.makeNode('/fifo', 'fifo', null);
  files.makeNode('/tape', 'character', { major: 9, minor: 300 });
  files.makeNode('/disk', 'block', { major: 259, minor: 70000 });
  files.makeNode('/gone', 'character', { major: 0, minor: 0 });
  const shown = run('stat', '-c', '%n %F %a %t %T', ...files.list('/').map((name) => join(directory, name)));
  assert.deepEqual(shown.replaceAll(`${directory}/`, '').trimEnd().split('\n'), [
    `disk block special file 600 ${(259).toString(16)} ${(70000).toString(16)}`,
    'fifo fifo 600 0 0',
    'gone character special file 600 0 0',
    `tape character special file 600 9 ${(300).toString(16)}`,
  ]);
  assert.equal(files.status('/gone')?.type, 'whiteout');
}

function checkEscapes(files: Files, directory: string): void {
  const outside = `${directory}-outside`;
  mkdirSync(join(outside, 'sub'), { recursive: true });
  writeFileSync(join(outside, 'file'), 'untouched');
  run('touch', '-d', '@1000000000', join(outside, 'file'), join(outside, 'sub'), outside);
  const before = lstatSync(join(outside, 'file'), { bigint: true });
  files.makeDirectory('/real');
  files.create('/real/mine', '');
  symlinkSync(outside, join(directory, 'absolute'));
  symlinkSync(`../${outside.slice(outside.lastIndexOf('/') + 1)}`, join(directory, 'relative'));
  symlinkSync('real', join(directory, 'inside'));
  symlinkSync('/', join(directory, 'slash'));
  for (const link of ['/absolute', '/relative', '/inside', '/slash', '/slash/etc']) {
    for (const path of [`${link}/file`, `${link}/sub/new`]) {
      assert.equal(files.status(path), null);
      assert.equal(files.entry(path), null);
      for (const act of escapes(files, path)) failsWith('ELOOP', act);
    }
    if (link === '/slash/etc') continue;
    failsWith('ELOOP', () => files.list(link));
    failsWith('ELOOP', () => files.read(link));
    failsWith('EOPNOTSUPP', () => files.setMode(link, 0o777));
  }
  failsWith('ENOTDIR', () => files.create('/real/mine/below', ''));
  assert.equal(files.status('/real/mine/below'), null);
  for (const path of ['/..', '/real/..', '/real/../x', '/./real', '/real//mine', 'real', '', '/real/', '/a\0b']) {
    failsWith('EINVAL', () => files.status(path));
    failsWith('EINVAL', () => files.create(path, ''));
  }
  assert.deepEqual(lstatSync(join(outside, 'file'), { bigint: true }), before);
  assert.equal(readFileSync(join(outside, 'file'), 'utf8'), 'untouched');
  assert.equal(run('find', outside, '-newermt', '@1000000001'), '');
  assert.deepEqual(files.list('/real'), ['mine']);
}

function escapes(files: Files, path: string): readonly (() => unknown)[] {
  return [
    () => files.list(path),
    () => files.read(path),
    () => files.digest(path),
    () => files.sameContent(path, files, '/real/mine'),
    () => files.create(path, 'x'),
    () => files.copyFrom(path, files, '/real/mine', { flags: 0 }),
    () => files.copyFrom('/real/copy', files, path, { flags: 0 }),
    () => files.makeDirectory(path),
    () => files.makeSymlink(path, 'x'),
    () => files.makeNode(path, 'fifo', null),
    () => files.link(path, '/real/mine'),
    () => files.link('/real/link', path),
    () => files.rename(path, '/real/moved'),
    () => files.rename('/real/mine', path),
    () => files.unlink(path),
    () => files.removeDirectory(path),
    () => files.setOwner(path, 1, 1),
    () => files.setMode(path, 0o777),
    () => files.setXattr(path, 'user.x', 'x'),
    () => files.removeXattr(path, 'user.x'),
    () => files.setFlags(path, inodeFlags.noDump),
    () => files.setModified(path, { seconds: 1, nanoseconds: 0 }),
  ];
}

function checkOwnerThenMode(files: Files, directory: string): void {
  files.create('/tool', '');
  files.setOwner('/tool', 1234, 4_000_000_000);
  files.setMode('/tool', 0o6751);
  files.makeSymlink('/link', '/nowhere');
  files.setOwner('/link', 7, 8);
  const shown = run('stat', '-c', '%u %g %a', join(directory, 'tool'), join(directory, 'link'));
  assert.equal(shown, '1234 4000000000 6751\n7 8 777\n');
  const entry = files.entry('/tool');
  assert.deepEqual([entry?.uid, entry?.gid, entry?.mode], [1234, 4_000_000_000, 0o6751]);
}

function checkAccessLists(files: Files, directory: string): void {
  const [a, b] = [join(directory, 'a'), join(directory, 'b')];
  mkdirSync(a);
  mkdirSync(b);
  run('setfacl', '-m', 'u:12345:rx,d:g:54321:rwx', a);
  const entry = files.entry('/a');
  assert.deepEqual(
    entry?.xattrs.map(({ name }) => name),
    [aclAccess, aclDefault],
  );
  for (const { name, value } of entry?.xattrs ?? []) files.setXattr('/b', name, value);
  assert.equal(run('getfacl', '-cnp', b), run('getfacl', '-cnp', a));
  files.removeXattr('/b', aclDefault);
  assert.doesNotMatch(run('getfacl', '-cnp', b), /default/);
  failsWith('ENODATA', () => files.removeXattr('/b', 'user.none'));
}

function checkCapability(files: Files, directory: string): void {
  files.create('/ping', '');
  files.create('/copy', '');
  run('setcap', 'cap_net_raw+ep', join(directory, 'ping'));
  const entry = files.entry('/ping');
  assert.ok(entry !== null);
  const value = xattrOf(entry, fileCapability);
  assert.ok(value !== null);
  files.setXattr('/copy', fileCapability, value);
  assert.match(run('getcap', join(directory, 'copy')), /cap_net_raw[+=]ep/);
}

function checkBinaryXattrs(files: Files, directory: string, kind: FilesystemKind): void {
  files.create('/file', '');
  // An ext4 inode of the default size has little room for attributes, beyond it one block.
  const length = kind === 'ext4' ? 2000 : 12_000;
  const everyByte = Array.from({ length }, (_, index) => String.fromCharCode(index % 256)).join('');
  const xattrs = [
    { name: 'trusted.empty', value: '' },
    { name: 'user.long', value: everyByte },
    { name: 'user.nul', value: 'a\0b\0' },
    { name: 'user.\xff', value: '\xff\x00\xfe' },
  ];
  for (const { name, value } of xattrs.toReversed()) files.setXattr('/file', name, value);
  files.setXattr('/file', 'trusted.overlay.opaque', 'y');
  assert.deepEqual(files.entry('/file')?.xattrs, xattrs);
  const shown = run('getfattr', '-d', '-m', '-', '-e', 'hex', '--absolute-names', join(directory, 'file'));
  assert.ok(shown.includes(`user.long=0x${Buffer.from(everyByte, 'latin1').toString('hex')}\n`));
  assert.ok(shown.includes('user.nul=0x61006200\n'));
  for (let index = 0; index < 40; index++) files.setXattr('/file', `user.${index}.${'n'.repeat(20)}`, '');
  assert.equal(files.entry('/file')?.xattrs.length, 44);
}

function checkXattrOfLink(files: Files, directory: string): void {
  files.makeSymlink('/dangling', '/nowhere/\xff');
  files.setXattr('/dangling', 'trusted.note', 'a\0\xff');
  files.makeNode('/fifo', 'fifo', null);
  files.setXattr('/fifo', 'trusted.note', 'f');
  assert.deepEqual(files.entry('/dangling')?.xattrs, [{ name: 'trusted.note', value: 'a\0\xff' }]);
  assert.deepEqual(files.entry('/fifo')?.xattrs, [{ name: 'trusted.note', value: 'f' }]);
  const dangling = join(directory, 'dangling');
  assert.match(run('getfattr', '-h', '-d', '-m', '-', '-e', 'hex', '--absolute-names', dangling), /note=0x6100ff/);
  files.removeXattr('/dangling', 'trusted.note');
  assert.deepEqual(files.entry('/dangling')?.xattrs, []);
  failsWith('EOPNOTSUPP', () => files.setFlags('/fifo', 0));
}

function checkExactModes(files: Files, directory: string): void {
  const shared = join(directory, 'shared');
  mkdirSync(shared);
  run('chmod', '2770', shared);
  run('setfacl', '-m', 'd:u:12345:rwx', shared);
  const umask = process.umask(0o777);
  try {
    files.create('/shared/file', 'x');
    files.copyFrom('/shared/copy', files, '/shared/file', { flags: 0 });
    files.makeDirectory('/shared/directory');
    files.makeNode('/shared/fifo', 'fifo', null);
  } finally {
    process.umask(umask);
  }
  for (const name of files.list('/shared')) {
    const entry = files.entry(`/shared/${name}`);
    assert.deepEqual([name, entry?.mode, entry?.xattrs], [name, name === 'directory' ? 0o700 : 0o600, []]);
  }
}

function checkHardLinks(files: Files): void {
  files.create('/a', 'one');
  files.link('/b', '/a');
  files.makeSymlink('/s', 'a');
  files.link('/t', '/s');
  assert.deepEqual(files.status('/a')?.inode, files.status('/b')?.inode);
  assert.deepEqual(files.status('/s')?.inode, files.status('/t')?.inode);
  assert.equal(files.status('/b')?.inode.links, 2);
  assert.equal(files.status('/t')?.type, 'symlink');
  failsWith('EEXIST', () => files.link('/b', '/a'));
}

function checkTimes(files: Files, directory: string): void {
  files.create('/file', '');
  files.makeDirectory('/directory');
  files.makeSymlink('/link', 'file');
  const times = [
    { path: '/file', seconds: 1_700_000_000, nanoseconds: 123_456_789 },
    { path: '/directory', seconds: 1_700_000_001, nanoseconds: 1 },
    { path: '/link', seconds: 4, nanoseconds: 999_999_999 },
  ];
  for (const { path, seconds, nanoseconds } of times) {
    const accessed = lstatSync(join(directory, path), { bigint: true }).atimeNs;
    files.setModified(path, { seconds, nanoseconds });
    assert.deepEqual(files.status(path)?.mtime, { seconds, nanoseconds });
    const status = lstatSync(join(directory, path), { bigint: true });
    assert.equal(status.mtimeNs, BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds));
    assert.equal(status.atimeNs, accessed);
  }
  files.setModified('/file', { seconds: -5, nanoseconds: 7 });
  assert.deepEqual(files.status('/file')?.mtime, { seconds: -5, nanoseconds: 7 });
}

function checkFlags(files: Files, directory: string, kind: FilesystemKind): void {
  files.create('/file', '');
  files.makeDirectory('/directory');
  const { immutable, appendOnly, noDump, noCopyOnWrite } = inodeFlags;
  const own = run('lsattr', '-d', join(directory, 'file')).slice(0, 22);
  for (const path of ['/file', '/directory']) {
    for (const flags of [immutable, appendOnly, noDump, appendOnly | noDump]) {
      files.setFlags(path, flags);
      assert.equal(files.entry(path)?.flags, flags);
    }
    failsWith('EPERM', () => files.setMode(path, 0o777));
    files.setFlags(path, 0);
    assert.equal(files.entry(path)?.flags, 0);
  }
  assert.equal(run('lsattr', '-d', join(directory, 'file')).slice(0, 22), own);
  run('chattr', '+i', join(directory, 'file'));
  assert.equal(files.entry('/file')?.flags, immutable);
  failsWith('EPERM', () => files.unlink('/file'));
  files.setFlags('/file', 0);
  if (kind === 'btrfs') {
    files.setFlags('/directory', noCopyOnWrite);
    assert.match(run('lsattr', '-d', join(directory, 'directory')), /^-*C-* /);
  } else {
    failsWith('EOPNOTSUPP', () => files.setFlags('/directory', noCopyOnWrite));
  }
}

function checkStaleHandles(files: Files): void {
  for (const path of ['/a', '/a/b', '/a/b/c', '/other']) files.makeDirectory(path);
  files.create('/a/b/c/file', 'first');
  assert.equal(files.read('/a/b/c/file'), 'first');
  files.rename('/a/b', '/moved');
  assert.equal(files.status('/a/b/c/file'), null);
  assert.equal(files.read('/moved/c/file'), 'first');
  for (const path of ['/a/b', '/a/b/c']) files.makeDirectory(path);
  files.create('/a/b/c/file', 'second');
  assert.equal(files.read('/moved/c/file'), 'first');
  assert.equal(files.read('/a/b/c/file'), 'second');
  assert.equal(files.status('/other/file'), null);
  files.rename('/a/b/c', '/other');
  assert.equal(files.read('/other/file'), 'second');
  files.unlink('/other/file');
  files.removeDirectory('/other');
  files.makeDirectory('/other');
  files.create('/other/new', '');
  assert.deepEqual(files.list('/other'), ['new']);
}

function checkExchange(files: Files): void {
  for (const path of ['/a', '/b']) files.makeDirectory(path);
  files.create('/a/file', 'content');
  files.makeSymlink('/b/link', '../a');
  assert.equal(files.read('/a/file'), 'content');
  files.exchange('/a', '/b/link');
  assert.equal(files.read('/b/link/file'), 'content');
  assert.equal(files.entry('/a')?.target, '../a');
  failsWith('ENOENT', () => files.exchange('/a', '/missing'));
  failsWith('ELOOP', () => files.exchange('/a/file', '/b/link'));
}

function checkReplacedContent(files: Files): void {
  for (const [name, content] of Object.entries({ a: 'same', b: 'same', c: 'else' })) files.create(`/${name}`, content);
  // The entry of one file of a root is kept open at a time, hence two roots.
  const other = openRoot(files.root);
  try {
    files.entry('/a');
    other.entry('/b');
    assert.equal(files.sameContent('/a', other, '/b'), true);
    files.rename('/c', '/a');
    assert.equal(files.sameContent('/a', other, '/b'), false);
  } finally {
    other.close();
  }
}

function checkErrors(files: Files, directory: string): void {
  assert.throws(() => files.read('/a/missing\n'), {
    name: 'SystemCallError',
    code: 'ENOENT',
    call: 'openat',
    path: `${directory}/a/missing\\n`,
  });
  files.create('/full', '');
  failsWith('EEXIST', () => files.create('/full', ''));
  failsWith('EEXIST', () => files.makeDirectory('/full'));
  failsWith('EISDIR', () => files.read('/'));
  failsWith('ENOTDIR', () => files.list('/full'));
  failsWith('ENAMETOOLONG', () => files.create(`/${'x'.repeat(256)}`, ''));
  failsWith('ENOENT', () => openRoot(join(directory, 'missing')));
  failsWith('ENOTDIR', () => openRoot(join(directory, 'full')));
  failsWith('EOPNOTSUPP', () => files.setXattr('/full', 'nosuchspace.x', ''));
}

function checkSpace(files: Files, directory: string, kind: FilesystemKind): void {
  files.syncFilesystem();
  const [size, free, available, inodes] = run('stat', '-f', '-c', '%S %f %a %d', directory).split(' ').map(Number);
  assert.ok(size !== undefined && free !== undefined && available !== undefined);
  const space = files.space();
  // Xfs gives space back in the background; what ext4 reserves for root is 25 times this.
  const difference = Math.abs(space.bytes - size * (kind === 'btrfs' ? available : free));
  assert.ok(difference < 1024 * 1024, `off by ${difference} bytes`);
  if (kind === 'btrfs') assert.equal(space.inodes, null);
  else assert.ok(Math.abs((space.inodes ?? 0) - (inodes ?? 0)) < 1000);
}
