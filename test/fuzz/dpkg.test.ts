import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readDpkg } from '../../src/packages/dpkg.ts';
import { findLocalPackages } from '../../src/packages/local-packages.ts';
import type { InstalledPackage, PackageDatabase } from '../../src/packages/package-database.ts';
import { filesOfInput, separator } from './files-of-input.ts';
import { fuzz } from './fuzz.ts';

const md5 = '0123456789abcdef0123456789abcdef';

/** The files by their place, each with what it holds in a seed. */
const whole = {
  'var/lib/dpkg/status': `Package: one\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDepends: two (>= 1) | three, libx:any\nConffiles:\n /etc/one.conf ${md5}\n /etc/old.conf ${md5} obsolete\nDescription: first\n more\n\nPackage: libx\nStatus: install ok installed\nArchitecture: i386\nProvides: x\n\nPackage: two\nStatus: deinstall ok config-files\n`,
  'var/lib/dpkg/info/one.list': '/.\n/etc\n/etc/one.conf\n/lib\n/lib/one\n/usr/bin/edit\n',
  'var/lib/dpkg/info/one.md5sums': `${md5}  lib/one\n\\${md5}  usr/a\\\\b\n`,
  'var/lib/dpkg/info/libx:i386.list': '/.\n/lib\n/lib/libx.so\n/usr/bin/edit\n',
  'var/lib/dpkg/diversions': '/usr/bin/edit\n/usr/bin/edit.one\none\n/bin/x\n/bin/y\n:\n',
  'var/lib/dpkg/alternatives/editor':
    'manual\n/usr/bin/editor\neditor.1.gz\n/usr/share/man/editor.1.gz\n\n/bin/ed\n10\n',
  'var/lib/ucf/hashfile': `${md5}  /etc/default/one\n`,
  'var/lib/apt/extended_states': 'Package: libx\nArchitecture: i386\nAuto-Installed: 1\n',
};
const names = Object.keys(whole);

const { root, files, write } = filesOfInput(names);
mkdirSync(join(root, 'usr/lib'), { recursive: true });
symlinkSync('usr/lib', join(root, 'lib'));

fuzz({
  name: 'a dpkg database',
  longest: 4000,
  seeds: [
    Object.values(whole).join(separator),
    ['Package: a\nStatus: x y unpacked\n', '/a\n', '', '/b\n', '', '', '', ''].join(separator),
  ],
  words: [
    separator,
    '\n',
    '\n\n',
    ': ',
    'Package: one\nStatus: install ok installed\n\n',
    'Status: ',
    'Conffiles:\n ',
    ' /x y newconffile remove-on-upgrade\n',
    'Pre-Depends: one\n',
    'Provides: one\n',
    '/.\n',
    '/../x\n',
    '/lib/x\n',
    md5,
    'auto\n',
    '\\n',
    '\\\\',
    '__proto__',
    '\0',
    '\xff',
    '\r\n',
  ],
  attempt(input) {
    write(input);
    const database = readDpkg(files);
    assert.ok(database !== null);
    const installed = database.installed();
    checkPackages(installed, input.split(separator)[0] ?? '');
    checkLocal(installed);
    checkFiles(database);
    const shipped = [...database.paths()].length;
    return `${installed.length} ${shipped} ${database.pathsOf('configuration').size} ${installed.map(({ byHand }) => String(byHand)[0]).join('')}`;
  },
});

function checkPackages(installed: readonly InstalledPackage[], status: string): void {
  const all = installed.map(({ name }) => name);
  assert.deepEqual(all, [...new Set(all)].sort(), 'each once, in order');
  const fields = status.split('\n').filter((line) => line.startsWith('Package:'));
  const named = new Set(fields.map((line) => line.slice('Package:'.length).trim()));
  for (const { name, provides } of installed) {
    assert.ok(named.has(name) && provides.includes(name), `${name} is in the status file`);
  }
}

/** Each package of the machine alone is chosen, comes with a chosen one, or is one of the others. */
function checkLocal(ours: readonly InstalledPackage[]): void {
  const { chosen, others } = findLocalPackages({ ours, base: null, theirs: [] });
  const found = new Set([...chosen.flatMap((one) => [one.name, ...one.with]), ...others]);
  assert.deepEqual(
    [...found].sort(),
    ours.map(({ name }) => name),
    'none is forgotten',
  );
  const none = findLocalPackages({ ours, base: ours, theirs: [] });
  assert.deepEqual(none, { chosen: [], others: [], removed: [] }, 'those of the image are not local');
  const { removed } = findLocalPackages({ ours: [], base: ours, theirs: ours });
  assert.deepEqual(
    removed,
    ours.map(({ name }) => name),
    'those of both images that are not here were removed',
  );
}

function checkFiles(database: PackageDatabase): void {
  for (const name of ['one', 'libx', 'libx:i386', 'two']) {
    for (const path of database.filesOf(name) ?? [])
      assert.notEqual(database.ownerOf(path), null, `${path} has an owner`);
  }
  for (const path of database.paths()) {
    const known = database.shipped(path);
    assert.ok(known !== null && path.startsWith('/'), 'what is delivered has a path');
    if (known.digest !== null) assert.match(known.digest.hex, /^[0-9a-f]{32}$/);
  }
  for (const path of database.pathsOf('configuration')) assert.ok(path.startsWith('/'), path);
}
