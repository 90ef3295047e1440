import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { readDpkg } from '../../src/packages/dpkg.ts';
import { filesInAny, type PackageDatabase } from '../../src/packages/package-database.ts';
import type { Files } from '../../src/system/files.ts';
import { openRoot } from '../../src/system/rooted-files.ts';

type Tree = Readonly<Record<string, string>>;

const status = [
  'Package: one\nStatus: install ok installed\nArchitecture: amd64\nDescription: first\n more: of it\n .\n',
  'Package: two\nStatus: install ok installed\nArchitecture: all\n',
  'Package: libx\nStatus: install ok installed\nArchitecture: amd64\n',
  'Package: libx\nStatus: install ok installed\nArchitecture: i386\n',
  'Package: old\nStatus: deinstall ok config-files\nArchitecture: all\n',
].join('\n');

const tree: Tree = {
  'var/lib/dpkg/status': status,
  'var/lib/dpkg/info/one.list':
    '/.\n/etc\n/etc/one\n/etc/one/a b\n/lib\n/lib/one\n/lib/one/\xff\n/usr\n/usr/bin\n/usr/bin/one\n',
  'var/lib/dpkg/info/two.list': '/.\n/etc\n/etc/two.conf\n/usr\n/usr/lib\n/usr/bin\n/usr/bin/one\n/usr/bin/edit\n',
  'var/lib/dpkg/info/libx:amd64.list':
    '/.\n/usr\n/usr/lib\n/usr/lib/amd64\n/usr/lib/amd64/libx.so\n/usr/share/doc/libx\n/usr/share/doc/libx/a\n',
  'var/lib/dpkg/info/libx:i386.list':
    '/.\n/usr\n/usr/lib\n/usr/lib/i386\n/usr/lib/i386/libx.so\n/usr/share/doc/libx\n/usr/share/doc/libx/a\n',
  'var/lib/dpkg/info/old.list': '/etc/old.conf\n',
  'var/lib/dpkg/diversions': '/bin/edit\n/bin/edit.real\nthree\n/usr/bin/one\n/usr/bin/one.two\none\n',
};

function withTree(contents: Tree, check: (files: Files) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-dpkg-'));
  try {
    for (const [name, content] of Object.entries(contents)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), content, 'latin1');
    }
    symlinkSync('usr/lib', join(directory, 'lib'));
    symlinkSync('/usr/bin', join(directory, 'bin'));
    symlinkSync('../outside', join(directory, 'up'));
    const files = openRoot(directory);
    check(files);
    files.close();
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function read(files: Files): PackageDatabase {
  const database = readDpkg(files);
  assert.ok(database !== null);
  return database;
}

function sorted(paths: ReadonlySet<string> | null): string[] {
  return [...(paths ?? [])].sort();
}

test('a tree without a dpkg database has none', () => {
  withTree({ 'etc/motd': '' }, (files) => assert.equal(readDpkg(files), null));
});

test('a package owns its files where a walk sees them, and no directory that others use', () => {
  withTree(tree, (files) => {
    const database = read(files);
    assert.deepEqual(sorted(database.filesOf('one')), [
      '/etc/one',
      '/etc/one/a b',
      '/lib',
      '/usr/bin/one',
      '/usr/lib/one',
      '/usr/lib/one/\xff',
    ]);
    assert.deepEqual(database.packages(), ['libx', 'one', 'two']);
    assert.deepEqual(sorted(database.filesOf('old')), ['/etc/old.conf']);
    assert.equal(database.filesOf('absent'), null);
    assert.equal(database.filesOf('../info/one'), null);
  });
});

test('a diverted file lies elsewhere for all packages but the one that diverts it', () => {
  withTree(tree, (files) => {
    const database = read(files);
    assert.deepEqual(sorted(database.filesOf('two')), ['/etc/two.conf', '/usr/bin/edit.real', '/usr/bin/one.two']);
    assert.equal(database.ownerOf('/usr/bin/one'), 'one');
    assert.equal(database.ownerOf('/usr/bin/one.two'), 'two');
    assert.equal(database.ownerOf('/usr/bin/edit'), null);
    assert.equal(database.ownerOf('/usr/bin/edit.real'), 'two');
  });
});

test('an architecture after the name chooses one, none means all', () => {
  withTree(tree, (files) => {
    const database = read(files);
    const shared = ['/usr/share/doc/libx', '/usr/share/doc/libx/a'];
    const wide = ['/usr/lib/amd64', '/usr/lib/amd64/libx.so'];
    const narrow = ['/usr/lib/i386', '/usr/lib/i386/libx.so'];
    assert.deepEqual(sorted(database.filesOf('libx')), [...wide, ...narrow, ...shared]);
    assert.deepEqual(sorted(database.filesOf('libx:i386')), [...narrow, ...shared]);
    assert.equal(database.filesOf('libx:arm64'), null);
    assert.equal(database.ownerOf('/usr/share/doc/libx'), 'libx');
  });
});

test('the files of a package are those of all trees that know it', () => {
  withTree(tree, (files) => {
    const database = read(files);
    const other: PackageDatabase = {
      ...database,
      filesOf: (name) => (name === 'old' ? new Set(['/etc/new.conf']) : null),
    };
    assert.deepEqual(sorted(filesInAny([database, other], 'old')), ['/etc/new.conf', '/etc/old.conf']);
    assert.deepEqual(sorted(filesInAny([other, database], 'two')), sorted(database.filesOf('two')));
    assert.equal(filesInAny([database, other], 'absent'), null);
    assert.equal(filesInAny([], 'two'), null);
  });
});

const broken: readonly (readonly [file: string, content: string, place: RegExp])[] = [
  ['var/lib/dpkg/status', 'Package: one\nnonsense\n', /\/var\/lib\/dpkg\/status, line 2: not of the form/],
  [
    'var/lib/dpkg/status',
    'Package: one\nStatus: install ok installed\n\nStatus: x\n',
    /status, line 4: a package without the field "Package"/,
  ],
  ['var/lib/dpkg/info/two.list', '/etc\nusr/bin\n', /\/var\/lib\/dpkg\/info\/two\.list, line 2: a path starts with/],
  ['var/lib/dpkg/diversions', '/a\n/b\nx\n/c\n/d\n', /\/var\/lib\/dpkg\/diversions, line 4: a diversion is/],
];

for (const [file, content, place] of broken) {
  test(`a malformed line is a failure that names its place: ${place.source}`, () => {
    withTree({ ...tree, [file]: content }, (files) => {
      assert.throws(
        () => read(files).filesOf('one'),
        (error) => error instanceof Failure && error.code === 'package-database' && place.test(error.message),
      );
    });
  });
}

// Fields are written as dpkg-query(1) wants them.
// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in
const showFormat = '${db:Status-Status} ${Package}\n';

// The tool that owns the database is the oracle; a Debian system is what the project is developed and tested on.
test('on this system the database says what dpkg-query says', () => {
  const files = openRoot('/');
  const database = read(files);
  const installed = query('--show', '--showformat', showFormat).flatMap((line) =>
    line.startsWith('installed ') ? [line.slice('installed '.length)] : [],
  );
  assert.deepEqual(database.packages(), [...new Set(installed)].sort());
  for (const name of ['dpkg', 'libc6', 'bash', 'base-files', 'coreutils']) {
    const lines = query('--listfiles', name).filter((line) => line.startsWith('/') && line !== '/.');
    const listed = new Set(lines.map((path) => (files.status(path) === null ? `/usr${path}` : path)));
    const owned = database.filesOf(name);
    assert.ok(owned !== null && owned.size > 5, name);
    for (const path of owned) assert.ok(listed.has(path), `${name} lists ${path}`);
    for (const path of listed) {
      if (files.status(path)?.type === 'file') assert.ok(owned.has(path), `${name} owns ${path}`);
    }
  }
  assert.equal(database.ownerOf('/usr/bin/bash'), 'bash');
  assert.equal(database.ownerOf('/usr/bin'), null);
  files.close();
});

function query(...values: string[]): string[] {
  return execFileSync('dpkg-query', values, { encoding: 'latin1' })
    .split('\n')
    .filter((line) => line !== '');
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills it in
const conffileFormat = '${Conffiles}\n';

test('on this system digests of settings are what dpkg-query says, and those of files what the files have', () => {
  const files = openRoot('/');
  const database = read(files);
  const lines = query('--show', '--showformat', conffileFormat).map((line) => line.trim().split(' '));
  const digests = lines.filter(([, md5 = '']) => /^[0-9a-f]{32}$/.test(md5));
  assert.ok(digests.length > 50);
  for (const [path = '', md5] of digests) {
    const found = [path, `/usr${path}`].map((place) => database.shipped(place)?.digest?.hex);
    assert.ok(found.includes(md5), path);
  }
  for (const path of ['/usr/bin/bash', '/usr/bin/dpkg', '/usr/bin/env']) {
    assert.equal(database.shipped(path)?.digest?.hex, files.digest(path, 'md5'), path);
  }
  assert.ok(database.pathsOf('configuration').has('/etc/debconf.conf') && database.pathsOf('ghost').size === 0);
  files.close();
});

test('digests come from all lists, by the place where a file really lies', () => {
  const md5 = (letter: string): string => letter.repeat(32);
  const sums = [
    `${md5('a')}  lib/one/plain`,
    `\\${md5('b')}  lib/one/a\\nb`,
    `${md5('c')}  usr/bin/edit`,
    'nonsense',
    '',
  ];
  const conffiles = [
    ` /etc/one/a b ${md5('d')}`,
    ` /etc/old ${md5('e')} obsolete`,
    ' /etc/new newconffile',
    ` /etc/r ${md5('f')} remove-on-upgrade`,
  ];
  const fields = `Package: two\nStatus: install ok installed\nConffiles:\n${conffiles.join('\n')}\n`;
  const contents = {
    ...tree,
    'var/lib/dpkg/status': `${status}\n${fields}`,
    'var/lib/dpkg/info/two.md5sums': sums.join('\n'),
    'var/lib/ucf/hashfile': `${md5('9')}  /etc/ucf.conf\n`,
  };
  withTree(contents, (files) => {
    const database = read(files);
    const digestOf = (path: string) => database.shipped(path)?.digest?.hex;
    assert.deepEqual(['/usr/lib/one/plain', '/usr/lib/one/a\nb', '/usr/bin/edit.real', '/usr/bin/edit'].map(digestOf), [
      md5('a'),
      md5('b'),
      md5('c'),
      undefined,
    ]);
    assert.deepEqual(['/etc/one/a b', '/etc/old', '/etc/r', '/etc/new'].map(digestOf), [
      md5('d'),
      md5('e'),
      md5('f'),
      undefined,
    ]);
    assert.equal(digestOf('/etc/ucf.conf'), md5('9'));
    assert.deepEqual(database.shipped('/etc/two.conf'), { digest: null, target: null, attributes: null });
    assert.equal(database.shipped('/etc/absent'), null);
    assert.deepEqual(sorted(database.pathsOf('configuration')), ['/etc/new', '/etc/old', '/etc/one/a b']);
  });
});

test('a conffile without a digest is a malformed status file', () => {
  const fields = 'Package: two\nConffiles:\n /etc/a\n';
  withTree({ 'var/lib/dpkg/status': fields }, (files) => {
    assert.throws(() => read(files).packages(), /status, line 1: a conffile of two is not "path digest"/);
  });
});

test('a package whose name is not one word is a malformed status file', () => {
  for (const name of ['', 'a b', '\n b']) {
    withTree({ 'var/lib/dpkg/status': `Package: ok\n\nPackage: ${name}\nVersion: 1\n` }, (files) => {
      assert.throws(() => read(files).packages(), /status, line 3: the field "Package" is not one word/);
    });
  }
});

test('a line of ucf that names no path has no digest', () => {
  const contents = { ...tree, 'var/lib/ucf/hashfile': `${'a'.repeat(32)}  etc/x\n${'b'.repeat(32)}   \n` };
  withTree(contents, (files) => {
    assert.deepEqual(
      [...read(files).paths()].filter((path) => !path.startsWith('/')),
      [],
    );
  });
});

test('packages are told with what they need and provide, and whether a person asked for them', () => {
  const fields =
    'Package: two\nVersion: 1:2-3\nStatus: install ok installed\nDepends: one (>= 1) | x:any, libx\n , more\nPre-Depends: dpkg\nProvides: editor (= 1)\n';
  const contents = { 'var/lib/dpkg/status': `${fields}\n${status}`, 'var/lib/dpkg/info/two.list': '/.\n' };
  const apt = 'Package: libx\nArchitecture: amd64\nAuto-Installed: 1\n\nPackage: two\nAuto-Installed: 0\n';
  withTree({ ...contents, 'var/lib/apt/extended_states': apt }, (files) => {
    const installed = read(files).installed();
    assert.deepEqual(
      installed.map(({ name, byHand }) => [name, byHand]),
      [
        ['libx', false],
        ['one', true],
        ['two', true],
      ],
    );
    assert.deepEqual(installed[2], {
      name: 'two',
      version: '1:2-3',
      byHand: true,
      needs: ['dpkg', 'one', 'x', 'libx', 'more'],
      provides: ['two', 'editor'],
    });
  });
  withTree(contents, (files) => assert.equal(read(files).installed()[0]?.byHand, null));
});

test('links that update-alternatives made are as delivered, unless one was chosen by hand', () => {
  const record = (state: string, name: string) =>
    `${state}\n/usr/bin/${name}\n${name}.1\n/usr/man/${name}.1\n\n/usr/bin/x\n5\n/usr/man/x\n\n`;
  const contents = {
    ...tree,
    'var/lib/dpkg/alternatives/auto': record('auto', 'auto'),
    'var/lib/dpkg/alternatives/manual': record('manual', 'manual'),
    'var/lib/dpkg/alternatives/broken': 'what\n',
  };
  withTree(contents, (files) => {
    const generated = [...read(files).paths()].filter((path) => read(files).shipped(path)?.generated === true);
    const expected = ['/etc/alternatives/auto', '/etc/alternatives/auto.1', '/var/lib/dpkg/alternatives/auto'];
    assert.deepEqual(generated.sort(), expected);
  });
});
