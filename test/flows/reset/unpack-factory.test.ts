import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Reset } from '../../../src/domain/reset.ts';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { stageReset } from '../../../src/flows/reset/stage-reset.ts';
import { type Booted, boot, goTo } from '../staging/boot-machine.ts';
import { type Content, fill, imageContent, type Machine, withMachine } from '../staging/machine.ts';

const first = 'debian-12.1';
const volumes = 'volume app /opt/app class=config\nvolume db /var/lib/db class=state\nvolume srv /srv class=data\n';
const released: Content = {
  'etc/app.conf': 'of the image\n',
  'etc/machine-id': 'uninitialized\n',
  'opt/app/app.conf': 'of the image\n',
  'var/lib/db/schema': 'of the image\n',
  'usr/lib/migrate/volumes.d/image.volume': volumes,
  'usr/lib/migrate/policy.d/image.policy': 'persist /etc/machine-id class=identity\n',
};

/** What the archive says, by all the ways in which it could do harm. */
const factory: Content = {
  'etc/app.conf': 'of the factory\n',
  'etc/new/new.conf': 'of the factory\n',
  'etc/machine-id': 'of the factory\n',
  'opt/app/app.conf': 'of the factory\n',
  'var/lib/db/schema': 'of the factory\n',
  'var/lib/own': 'of the factory\n',
  'srv/film': 'of the factory\n',
  'var/lib/migrate/version': 'of the factory\n',
  'root/.profile': 'of the factory\n',
  'lib/firmware': 'of the factory\n',
  'etc/directory': 'of the factory\n',
};

/** A machine whose image has an archive, as `pack` makes it of a directory; used, and with volumes. */
async function withFactory(
  pack: (directory: string, file: string) => string,
  body: (machine: Machine, id: string) => Promise<void>,
): Promise<void> {
  await withMachine(async (machine) => {
    fill(machine.root, imageContent(12, released));
    await machine.init(machine.image('base', imageContent(12, released)));
    const image = machine.image('second', imageContent(13, { ...released, 'usr/lib/firmware': 'of the image\n' }));
    for (const directory of ['root', 'etc/directory', 'usr/share/migrate'])
      mkdirSync(join(image, directory), { recursive: true });
    execFileSync('chmod', ['700', join(image, 'root')]);
    symlinkSync('usr/lib', join(image, 'lib'));
    pack(machine.image('factory', factory), join(image, 'usr/share/migrate/factory.tar'));
    const { id } = await goTo(machine, await machine.import(image), first);
    fill(machine.pathOf('branch', id), {
      'etc/app.conf': 'mine\n',
      'etc/machine-id': 'mine\n',
      'var/lib/own': 'mine\n',
    });
    fill(machine.pathOf('branch', id, 'db'), { schema: 'mine\n' });
    await body(machine, id);
  });
}

/** Without the root, and with the directories that tar(1) adds to each path. */
function pack(directory: string, file: string): string {
  execFileSync('chmod', ['600', join(directory, 'etc/new/new.conf')]);
  execFileSync('chown', ['7:8', join(directory, 'etc/new/new.conf')]);
  execFileSync('chmod', ['750', join(directory, 'etc/new')]);
  execFileSync('tar', [
    '-C',
    directory,
    '--zstd',
    '-cf',
    `${file}.zst`,
    'etc',
    'opt',
    'var',
    'srv',
    'lib',
    'root/.profile',
  ]);
  return `${file}.zst`;
}

async function reset(machine: Machine, parent: string, wanted: Reset): Promise<Booted & { made: VersionRecord }> {
  const { version } = stageReset(machine.place, {
    ...{ reset: wanted, image: null, parent, choices: null, arm: true, changeSources: [], onProgress: () => undefined },
  });
  const booted = await boot(machine, version.id);
  return { ...booted, made: machine.version(version.id) };
}

/** A boot that makes no version; what it leaves mounted is taken away. */
async function refuses(machine: Machine, id: string, refusal: { readonly code: string; readonly message: RegExp }) {
  try {
    await assert.rejects(reset(machine, id, { mode: 'system', keep: [] }), refusal);
  } finally {
    const mounted = execFileSync('findmnt', ['--raw', '--noheadings', '--output', 'TARGET'], { encoding: 'utf8' });
    const left = mounted.split('\n').filter((path) => path.startsWith(join(machine.work, 'run/')));
    for (const path of left.reverse()) execFileSync('umount', [path]);
  }
}

test('a reset of the system puts the factory archive over the image, and over nothing that it keeps or that volumes hide', async () => {
  await withFactory(pack, async (machine, id) => {
    const { made, messages } = await reset(machine, id, { mode: 'system', keep: ['identity'] });
    const root = machine.pathOf('branch', made.id);
    const read = (path: string, volume?: string): string => machine.read('branch', made.id, path, volume);
    assert.equal(read('etc/app.conf'), 'of the factory\n');
    assert.equal(read('var/lib/own'), 'of the factory\n');
    assert.equal(read('etc/machine-id'), 'mine\n');
    assert.equal(read('app.conf', 'app'), 'of the factory\n');
    assert.equal(read('schema', 'db'), 'of the factory\n');
    assert.ok(!existsSync(join(root, 'srv/film')), 'the volume of data would hide it');
    const { uid, gid, mode } = statSync(join(root, 'etc/new/new.conf'));
    assert.deepEqual([uid, gid, mode & 0o7777], [7, 8, 0o600]);
    assert.equal(statSync(join(root, 'etc/new')).mode & 0o7777, 0o750);
    assert.equal(statSync(join(root, 'root')).mode & 0o7777, 0o700, 'the archive says nothing of it');
    assert.equal(read('root/.profile'), 'of the factory\n');
    assert.equal(read('usr/lib/firmware'), 'of the image\n');
    assert.ok(statSync(join(root, 'etc/directory')).isDirectory());
    assert.ok(!existsSync(join(root, 'var/lib/migrate/version')));
    assert.ok(!existsSync(join(root, '.migrate-factory')));
    const left = messages.filter((message) => message.endsWith('and is left'));
    assert.deepEqual(left.sort(), [
      '/usr/share/migrate/factory.tar.zst: /etc/directory is a file in it and a directory in the image, and is left',
      '/usr/share/migrate/factory.tar.zst: /lib is a directory in it and a symlink in the image, and is left',
    ]);
    assert.deepEqual(machine.problems(), []);
  });
});

test('a reset of the settings takes only settings from the archive, and an update takes nothing', async () => {
  await withFactory(pack, async (machine, id) => {
    assert.equal(machine.read('branch', id, 'app.conf', 'app'), 'of the image\n');
    const { made } = await reset(machine, id, { mode: 'config', keep: [] });
    const read = (path: string, volume?: string): string => machine.read('branch', made.id, path, volume);
    assert.equal(read('etc/app.conf'), 'of the factory\n');
    assert.equal(read('etc/machine-id'), 'of the factory\n');
    assert.equal(read('app.conf', 'app'), 'of the factory\n');
    assert.equal(read('schema', 'db'), 'mine\n');
    assert.equal(read('var/lib/own'), 'mine\n');
  });
});

test('an archive that is damaged makes no version: the one before boots', async () => {
  const cut = (directory: string, file: string): string => {
    const whole = pack(directory, file);
    const size = statSync(whole).size;
    execFileSync('truncate', ['--size', String(size - 20), whole]);
    return whole;
  };
  await withFactory(cut, async (machine, id) => {
    await refuses(machine, id, {
      code: 'factory-archive',
      message: /factory.tar.zst of the image: cannot unpack what is compressed by zstd/,
    });
    const [failed] = machine.versions().filter((version) => version.reset !== null);
    assert.ok(failed !== undefined && !existsSync(machine.pathOf('branch', failed.id)));
    assert.deepEqual(failed.bindings, {});
  });
  const other = (_: string, file: string): string => {
    writeFileSync(file, 'no archive\n');
    return file;
  };
  await withFactory(other, async (machine, id) => {
    await refuses(machine, id, {
      code: 'factory-archive',
      message: /factory.tar of the image: it is no archive of tar/,
    });
  });
});

test('the factory archive leaves the account numbers by which the data of the machine is owned, and says so', async () => {
  const accounts = (id: number, more = ''): Content => ({
    'etc/passwd': `root:x:0:0::/root:/bin/sh\npostgres:x:${id}:${id}::/var/lib/pg:/bin/sh\n${more}`,
    'etc/group': `root:x:0:\npostgres:x:${id}:\n`,
  });
  await withMachine(async (machine) => {
    const shipped = imageContent(12, { ...released, ...accounts(110) });
    fill(machine.root, { ...shipped, ...accounts(118), 'srv/db': 'rows\n' });
    execFileSync('chown', ['118:118', join(machine.root, 'srv/db')]);
    await machine.init(machine.image('base', shipped));
    const image = machine.image('second', imageContent(13, { ...released, ...accounts(110) }));
    const from = machine.image('factory', {
      ...accounts(110, 'kiosk:x:1000:1000::/:/bin/sh\n'),
      'etc/app.conf': 'x\n',
    });
    mkdirSync(join(image, 'usr/share/migrate'), { recursive: true });
    execFileSync('tar', ['-C', from, '-cf', join(image, 'usr/share/migrate/factory.tar'), 'etc']);
    const { id } = await goTo(machine, await machine.import(image), first);
    const { made, messages } = await reset(machine, id, { mode: 'system', keep: [] });
    assert.equal(machine.read('branch', made.id, 'etc/passwd'), accounts(118)['etc/passwd']);
    assert.equal(machine.read('branch', made.id, 'etc/group'), accounts(118)['etc/group']);
    assert.equal(machine.read('branch', made.id, 'etc/app.conf'), 'x\n');
    assert.equal(statSync(join(machine.pathOf('branch', 'main', 'srv'), 'db')).uid, 118);
    const left = messages.filter((message) => message.endsWith('and is left')).sort();
    assert.deepEqual(
      left,
      ['group', 'passwd'].map(
        (name) =>
          `/usr/share/migrate/factory.tar: /etc/${name} has the accounts of the image with the numbers of this machine, and is left`,
      ),
    );
  });
});
