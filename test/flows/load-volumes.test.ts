import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import { loadVolumes } from '../../src/flows/load-volumes.ts';
import { openRoot } from '../../src/system/rooted-files.ts';

const image = 'usr/lib/migrate/volumes.d';
const machine = 'etc/migrate/volumes.d';

type Put = (root: 'theirs' | 'ours', name: string, content: string | { readonly link: string }) => void;

/** The volumes that the files of both roots declare, as words. */
function load(fill: (put: Put) => void): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-volumes-'));
  for (const root of ['theirs', 'ours']) mkdirSync(join(directory, root));
  fill((root, name, content) => {
    const path = join(directory, root, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'string') writeFileSync(path, content);
    else symlinkSync(content.link, path);
  });
  const roots = { theirs: openRoot(join(directory, 'theirs')), ours: openRoot(join(directory, 'ours')) };
  try {
    return loadVolumes(roots).map(({ name, mountPoint, source }) => `${name} ${mountPoint} ${source.file}`);
  } finally {
    roots.theirs.close();
    roots.ours.close();
    rmSync(directory, { recursive: true });
  }
}

function failsAs(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof Failure && error.code === code && error.kind === 'input' && message.test(error.message);
}

test('the image declares volumes, the machine adds, replaces by the name of the file, and switches off', () => {
  const volumes = load((put) => {
    put('theirs', `${image}/10-data.volume`, 'volume home /home class=data\nvolume srv /srv class=data\n');
    put('theirs', `${image}/20-app.volume`, 'volume app /var/lib/app class=state\n');
    put('theirs', `${image}/30-off.volume`, 'volume off /off class=data\n');
    put('theirs', `${image}/README`, 'no declaration\n');
    put('theirs', `${machine}/99-not-ours.volume`, 'volume x /x class=data\n');
    put('ours', `${machine}/20-app.volume`, 'volume app /opt/app class=state\n');
    put('ours', `${machine}/30-off.volume`, { link: '/dev/null' });
    put('ours', `${machine}/40-own.volume`, 'volume own /home/own class=data\n');
  });
  assert.deepEqual(volumes, [
    'home /home /usr/lib/migrate/volumes.d/10-data.volume',
    'own /home/own /etc/migrate/volumes.d/40-own.volume',
    'app /opt/app /etc/migrate/volumes.d/20-app.volume',
    'srv /srv /usr/lib/migrate/volumes.d/10-data.volume',
  ]);
});

test('a volume comes before those that are mounted in it, whatever file declares it', () => {
  const volumes = load((put) => {
    put('ours', `${machine}/10-a.volume`, 'volume deep /var/lib/pg class=data\nvolume dash /var-x class=data\n');
    put('ours', `${machine}/20-b.volume`, 'volume var /var class=data\nvolume lib /var/lib class=data\n');
  });
  assert.deepEqual(
    volumes.map((line) => line.split(' ')[1]),
    ['/var', '/var/lib', '/var/lib/pg', '/var-x'],
  );
});

test('two volumes of one name or at one mount point are refused, and both places are named', () => {
  const places = /20-b\.volume, line 1: a volume (at \/srv|"a") is declared already \(.*10-a\.volume, line 2\)/;
  for (const line of ['volume b /srv class=data', 'volume a /opt class=data']) {
    const fill = (put: Put): void => {
      put('theirs', `${image}/10-a.volume`, '# first\nvolume a /srv class=data\n');
      put('ours', `${machine}/20-b.volume`, `${line}\n`);
    };
    assert.throws(() => load(fill), failsAs('volume-syntax', places));
  }
});

test('case 17: a declaration or its directory that is a link is refused, never followed and never passed over', () => {
  assert.throws(
    () => load((put) => put('ours', `${machine}/x.volume`, { link: '/etc/passwd' })),
    failsAs('volume-unreadable', /declaration of volumes .*x\.volume: it is a symlink, not a file/),
  );
  const linked = (put: Put): void => {
    put('ours', 'elsewhere/volumes.d/x.volume', 'volume x /x class=data\n');
    put('ours', 'etc/migrate', { link: '../elsewhere' });
  };
  assert.throws(() => load(linked), failsAs('volume-unreadable', /etc\/migrate: it is a symlink, not a directory/));
});

test('roots that declare nothing have no volumes', () => {
  assert.deepEqual(
    load(() => undefined),
    [],
  );
});
