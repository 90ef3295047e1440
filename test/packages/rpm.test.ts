import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { PackageDatabase } from '../../src/packages/package-database.ts';
import { readRpm } from '../../src/packages/rpm.ts';
import { parseRecords } from '../../src/packages/rpm-records.ts';
import type { Files } from '../../src/system/files.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { inventory } from '../cases/migration.ts';
import { buildRpm, installRpms, type TinyPackage } from './make-packages.ts';

const system = realSystem([process.execPath]);

const tiny: TinyPackage = {
  name: 'tiny',
  relations: ['Requires: other', 'Provides: small'],
  files: {
    '/etc/tiny/a.conf': { content: 'a\n', directive: '%config(noreplace)' },
    '/etc/tiny/b.conf': { content: 'b\n', directive: '%config', mode: 0o640, group: 8 },
    '/etc/tiny/link': { link: 'a.conf' },
    '/etc/tiny/made.conf': { directive: '%ghost %config(noreplace)' },
    '/usr/bin/tiny': { content: 'tiny\n', mode: 0o755 },
    '/var/cache/tiny/made': { directive: '%ghost' },
  },
};
const other: TinyPackage = {
  name: 'other',
  version: '2',
  relations: ['Epoch: 3'],
  files: { '/usr/share/other/\xc3\xa9': { content: '' } },
};

function withRoot(dbpath: string, check: (files: Files, root: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-rpm-'));
  try {
    const root = join(directory, 'root');
    mkdirSync(root);
    installRpms(root, [buildRpm(directory, tiny), buildRpm(directory, other)], dbpath);
    const files = openRoot(root);
    try {
      check(files, root);
    } finally {
      files.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function read(files: Files, tools = system): PackageDatabase {
  const database = readRpm(files, tools);
  assert.ok(database !== null);
  return database;
}

for (const dbpath of ['/usr/lib/sysimage/rpm', '/var/lib/rpm']) {
  test(`case 62: rpm says what is a setting, what is only declared, and what was delivered (${dbpath})`, () => {
    withRoot(dbpath, (files, root) => {
      const before = inventory(root);
      const database = read(files);
      assert.deepEqual(database.packages(), ['other', 'tiny']);
      const settings = [...database.pathsOf('configuration')].sort();
      assert.deepEqual(settings, ['/etc/tiny/a.conf', '/etc/tiny/b.conf', '/etc/tiny/made.conf']);
      assert.deepEqual([...database.pathsOf('ghost')], ['/var/cache/tiny/made']);
      const owned = ['/etc/tiny/a.conf', '/etc/tiny/b.conf', '/etc/tiny/link', '/etc/tiny/made.conf', '/usr/bin/tiny'];
      assert.deepEqual([...(database.filesOf('tiny') ?? [])].sort(), owned);
      assert.equal(database.filesOf('absent'), null);
      assert.equal(database.ownerOf('/usr/share/other/\xc3\xa9'), 'other');
      assert.deepEqual(database.shipped('/etc/tiny/b.conf'), {
        digest: { algorithm: 'sha256', hex: files.digest('/etc/tiny/b.conf') },
        target: null,
        attributes: { type: 'file', mode: 0o640, user: 'root', group: 'mail' },
      });
      assert.equal(database.shipped('/etc/tiny/link')?.target, 'a.conf');
      assert.equal(database.shipped('/etc/tiny/made.conf'), null);
      assert.deepEqual(
        database.installed().map(({ name, version }) => [name, version]),
        [
          ['other', '3:2-1'],
          ['tiny', '1-1'],
        ],
      );
      const [, itself] = database.installed();
      assert.ok(
        itself?.needs.includes('other') && itself.provides.includes('small') && itself.provides.includes('tiny'),
      );
      assert.deepEqual(inventory(root), before, 'asking changes nothing in the tree');
    });
  });
}

test('the tree is read where it is read-only and its database was closed', () => {
  withRoot('/var/lib/rpm', (_, root) => {
    for (const name of readdirSync(join(root, 'var/lib/rpm'))) {
      if (name !== 'rpmdb.sqlite') unlinkSync(join(root, 'var/lib/rpm', name));
    }
    execFileSync('mount', ['--bind', '-o', 'ro', root, root]);
    const files = openRoot(root);
    try {
      assert.deepEqual(read(files).packages(), ['other', 'tiny']);
    } finally {
      files.close();
      execFileSync('umount', [root]);
    }
  });
});

test("where the machine has no rpm the tree's own is asked, and it sees its database in its place", () => {
  const bare = { ...system, commands: { ...system.commands, has: (program: string) => program !== 'rpm' } };
  withRoot('/var/lib/rpm', (files, root) => {
    assert.throws(
      () => read(files, bare).packages(),
      (error) => error instanceof Failure && error.code === 'no-rpm',
    );
    copyProgram('/usr/bin/rpm', root);
    cpSync('/usr/lib/rpm', join(root, 'usr/lib/rpm'), { recursive: true });
    const before = inventory(root);
    assert.deepEqual(read(files, bare).packages(), ['other', 'tiny']);
    assert.deepEqual(inventory(root), before);
  });
});

function copyProgram(program: string, root: string): void {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
  const libraries = [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
  for (const path of [program, ...libraries]) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    copyFileSync(path, join(root, path));
  }
}

test('a tree without an rpm database has none', () => {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-rpm-'));
  const files = openRoot(directory);
  assert.equal(readRpm(files, system), null);
  files.close();
  rmSync(directory, { recursive: true });
});

test('lines that rpm would not print are refused with their number', () => {
  const header = '@\ttiny\t(none)\t1-1\t8\n';
  for (const bad of [
    'F\t0\t0\t100644\troot\troot\tff\t\tetc/a',
    'F\tx\t0\t100644\troot\troot\tff\t\t/a',
    'X',
    '@\ta',
  ]) {
    assert.throws(() => parseRecords(`${header}\n${bad}\n`, (line) => new RangeError(`line ${line}`)), /line 3/);
  }
  assert.throws(() => parseRecords('R\ta\n', (line) => new RangeError(`line ${line}`)), /line 1/);
});

test('a number of a digest that is not known is none, whatever JavaScript has of that name', () => {
  const file = 'F\t0\t0\t100644\troot\troot\tff\t\t/a\n';
  for (const number of ['constructor', '__proto__', '99', '']) {
    const [one] = parseRecords(`@\ttiny\t(none)\t1-1\t${number}\n${file}`, (line) => new RangeError(`line ${line}`));
    assert.equal(one?.files[0]?.shipped?.digest, null, number);
  }
});
