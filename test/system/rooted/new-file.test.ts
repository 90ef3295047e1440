import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileCapability, inodeFlags } from '../../../src/domain/entry.ts';
import type { FileAttributes, Files } from '../../../src/system/files.ts';
import { openRoot } from '../../../src/system/rooted-files.ts';
import { withFilesystem } from '../loop-filesystem.ts';

/** VFS_CAP_REVISION_2 with CAP_NET_RAW, effective. */
const netRaw = '\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0';

const wanted: FileAttributes = {
  mode: 0o6755,
  uid: 4711,
  gid: 815,
  xattrs: [
    { name: fileCapability, value: netRaw },
    { name: 'user.note', value: 'kept\0\xff' },
  ],
  flags: inodeFlags.noDump | inodeFlags.immutable,
  mtime: { seconds: -12, nanoseconds: 345_678_901 },
};

/** A directory that hands on a group, an access list and, where the filesystem has them, flags. */
function makeInheriting(directory: string): void {
  mkdirSync(directory);
  execFileSync('chown', ['0:12345', directory]);
  execFileSync('chmod', ['2770', directory]);
  execFileSync('setfacl', ['-m', 'd:u:12345:rwx', directory]);
}

/** Runs with a umask that takes every bit away. */
function masked(run: () => void): void {
  const umask = process.umask(0o777);
  try {
    run();
  } finally {
    process.umask(umask);
  }
}

function attributesOf(files: Files, path: string): FileAttributes {
  const entry = files.entry(path);
  assert.ok(entry !== null);
  const { mode, uid, gid, xattrs, flags, mtime } = entry;
  return { mode, uid, gid, xattrs, flags, mtime };
}

for (const kind of ['ext4', 'btrfs', 'xfs'] as const) {
  test(`case 34, case 38: a new file on ${kind} has the attributes that it is given, and none of its directory's`, () =>
    withFilesystem(kind, (mountpoint) => {
      makeInheriting(join(mountpoint, 'in'));
      execFileSync('chattr', ['+A', join(mountpoint, 'in')]);
      const files = openRoot(mountpoint);
      try {
        const content = 'x'.repeat(100_000);
        masked(() => {
          files.create('/in/made', content, wanted);
          assert.ok(files.copyFrom('/in/copied', files, '/in/made', { attributes: wanted }));
          files.create('/in/private', content, { ...wanted, uid: 0, gid: 0, mode: 0o600, xattrs: [], flags: 0 });
        });
        const expected = { ...wanted, flags: inodeFlags.noDump };
        for (const path of ['/in/made', '/in/copied']) {
          assert.deepEqual(attributesOf(files, path), expected, path);
          assert.equal(files.read(path), content);
        }
        const plain = { ...expected, uid: 0, gid: 0, mode: 0o600, xattrs: [], flags: 0 };
        assert.deepEqual(attributesOf(files, '/in/private'), plain);
      } finally {
        files.close();
      }
    }));
}

test('copy-on-write of a new file with content is switched off before there is any', () =>
  withFilesystem('btrfs', (mountpoint) => {
    const files = openRoot(mountpoint);
    try {
      const attributes = { ...wanted, flags: inodeFlags.noCopyOnWrite };
      files.create('/made', 'x'.repeat(100_000), attributes);
      files.copyFrom('/copied', files, '/made', { attributes });
      for (const path of ['/made', '/copied']) assert.deepEqual(attributesOf(files, path), attributes);
    } finally {
      files.close();
    }
  }));

test('attributes that the filesystem does not have are left out, and the others are set', () =>
  withFilesystem('ext4', (mountpoint) => {
    const files = openRoot(mountpoint);
    try {
      const xattrs = [{ name: 'nosuchspace.note', value: 'x' }, ...wanted.xattrs];
      files.create('/made', 'x', { ...wanted, xattrs, flags: inodeFlags.noCopyOnWrite });
      assert.deepEqual(attributesOf(files, '/made'), { ...wanted, flags: 0 });
    } finally {
      files.close();
    }
  }));

test('case 8: a copy says whether what was copied still stands at its path', () =>
  withFilesystem('tmpfs', (mountpoint) => {
    const files = openRoot(mountpoint);
    const attributes = { ...wanted, flags: 0 };
    const copying = (path: string, act: () => void): boolean => {
      files.create(path, 'x'.repeat(10));
      return files.copyFrom(`${path}.copy`, files, path, { attributes, onBytes: act });
    };
    try {
      assert.ok(copying('/still', () => undefined));
      assert.ok(copying('/removed', () => files.unlink('/removed')));
      assert.ok(!copying('/touched', () => files.setModified('/touched', wanted.mtime)));
      const replace = (): void => {
        files.unlink('/replaced');
        files.makeDirectory('/replaced');
      };
      assert.ok(!copying('/replaced', replace));
      for (const name of ['still', 'removed', 'touched', 'replaced']) {
        assert.equal(files.read(`/${name}.copy`), 'x'.repeat(10));
      }
    } finally {
      files.close();
    }
  }));
