import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import { takeOverSubvolume } from '../../../src/storage/btrfs/take-over.ts';
import type { TakenOver } from '../../../src/storage/take-over.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { system } from './compare-ways.ts';

const place = { volume: 'system', kind: 'branch', name: 'v1' } as const;
const branch = 'migrate/volumes/system/branches/v1';

function takeOver(top: string, changes: Partial<TakenOver> = {}): void {
  const files = system.openRoot(top);
  try {
    takeOverSubvolume(files, { store: '/migrate', subvolume: '/@v1', place, ...changes });
  } finally {
    files.close();
  }
}

function makeRoot(top: string, path = '@v1'): void {
  execFileSync('btrfs', ['subvolume', 'create', join(top, path)], { stdio: 'ignore' });
  writeFileSync(join(top, path, 'hostname'), 'atlas');
}

/** What the machine starts with under this name. */
function mountedAs(top: string, subvolume: string): string {
  const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'utf8' }).trim();
  const directory = `${top}.root`;
  mkdirSync(directory);
  execFileSync('mount', ['-o', `subvol=${subvolume}`, device, directory]);
  try {
    return readFileSync(join(directory, 'hostname'), 'utf8');
  } finally {
    execFileSync('umount', [directory]);
    execFileSync('rmdir', [directory]);
  }
}

test('a root subvolume becomes a branch, and starts under its old name too', async () => {
  await withFilesystem('btrfs', (top) => {
    makeRoot(top);
    takeOver(top);
    assert.equal(readFileSync(join(top, branch, 'hostname'), 'utf8'), 'atlas');
    assert.equal(readlinkSync(join(top, '@v1')), branch);
    for (const name of ['@v1', `/${branch}`]) assert.equal(mountedAs(top, name), 'atlas');
    takeOver(top);
    assert.ok(lstatSync(join(top, branch)).isDirectory(), 'done already, it changes nothing');
  });
});

test('it is taken over while it is mounted, from a directory below the top too, and after a run that was cut off', async () => {
  await withFilesystem('btrfs', (top) => {
    mkdirSync(join(top, 'roots'));
    makeRoot(top, 'roots/@v1');
    const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'utf8' }).trim();
    const running = `${top}.running`;
    mkdirSync(running);
    execFileSync('mount', ['-o', 'subvol=roots/@v1', device, running]);
    try {
      mkdirSync(join(top, 'migrate/volumes/system/branches'), { recursive: true });
      symlinkSync(`../${branch}`, join(top, branch));
      takeOver(top, { subvolume: '/roots/@v1' });
      writeFileSync(join(running, 'hostname'), 'written while it runs');
    } finally {
      execFileSync('umount', [running]);
      execFileSync('rmdir', [running]);
    }
    assert.equal(mountedAs(top, 'roots/@v1'), 'written while it runs');
  });
});

test('what cannot be taken over is refused, and nothing is changed', async () => {
  await withFilesystem('btrfs', (top) => {
    makeRoot(top);
    mkdirSync(join(top, 'directory'));
    makeRoot(top, '@v1/nested');
    const refused = (code: string, changes: Partial<TakenOver>, why: RegExp): void => {
      assert.throws(
        () => takeOver(top, changes),
        (error) => error instanceof Failure && error.code === code && why.test(error.message),
      );
    };
    refused('cannot-take-over', { subvolume: '/directory' }, /no subvolume/);
    refused('cannot-take-over', { subvolume: '/missing' }, /no subvolume/);
    refused('cannot-take-over', { store: '/@v1/migrate' }, /the store lies in it/);
    refused('cannot-take-over', { subvolume: '/@v1/nested' }, /another subvolume/);
    assert.deepEqual(readdirSync(join(top, 'migrate/volumes/system/branches')), []);
    writeFileSync(join(top, branch), '');
    refused('exists', {}, /something is there/);
    assert.ok(lstatSync(join(top, '@v1')).isDirectory());
  });
});
