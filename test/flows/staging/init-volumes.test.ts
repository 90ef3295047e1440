import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { goTo } from './boot-machine.ts';
import { type Content, fill, imageContent, type Machine, withMachine } from './machine.ts';

const file = 'etc/migrate/volumes.d/10-init.volume';
const both = '# Written by migrate init.\nvolume home /home class=data\nvolume srv /srv class=data\n';
const first = 'debian-12.1';

const base = (machine: Machine): string => machine.image('base', imageContent(12));
const initWith = (machine: Machine, content: Content = {}, image: string | null = base(machine)) => {
  fill(machine.root, content);
  return machine.init(image, undefined, true);
};
const leftOut = ({ volumes }: Awaited<ReturnType<typeof initWith>>): readonly string[] =>
  volumes?.leftOut.map(({ mountPoint, why }) => `${mountPoint}: ${why}`) ?? [];

test('case 120: init declares /home and /srv, and what they hold is the first content of volumes that all versions share', async () => {
  await withMachine(async (machine) => {
    const { volumes } = await initWith(machine, { 'home/letter': 'mine\n' });
    assert.deepEqual(volumes, {
      declared: [
        { name: 'home', mountPoint: '/home' },
        { name: 'srv', mountPoint: '/srv' },
      ],
      leftOut: [],
    });
    assert.equal(readFileSync(join(machine.root, file), 'utf8'), both);
    assert.equal(statSync(join(machine.root, file)).mode & 0o777, 0o644);
    const { id } = await goTo(machine, await machine.import(machine.image('next', imageContent(13))), first);
    assert.deepEqual(machine.version(id).bindings, { home: 'main', srv: 'main' });
    assert.equal(machine.read('branch', 'main', 'letter', 'home'), 'mine\n');
    assert.ok(!existsSync(join(machine.pathOf('branch', id), 'home/letter')));
    assert.equal(machine.read('branch', first, 'home/letter'), 'mine\n');
    assert.equal(machine.read('branch', id, file), both);
    assert.deepEqual(machine.problems(), []);
  });
});

test('case 66: without an image the declarations are a change of this machine, which the next version has', async () => {
  await withMachine(async (machine) => {
    await initWith(machine, { 'srv/data': 'ours\n' }, null);
    assert.ok(!existsSync(join(machine.pathOf('tag', `found-${first}`), file)));
    const { id } = await goTo(machine, await machine.import(machine.image('next', imageContent(13))), first);
    assert.equal(machine.read('branch', id, file), both);
    assert.equal(machine.read('branch', 'main', 'data', 'srv'), 'ours\n');
  });
});

test('case 121: what is declared, mounted, linked or a subvolume is left out, and named', async () => {
  const local = { 'etc/migrate/volumes.d/local.volume': 'volume people /home class=data\n' };
  await withMachine(async (machine) => {
    const initialized = await initWith(machine, {
      ...local,
      'etc/fstab': '/dev/sdb1 /srv ext4 defaults 0 2\n',
    });
    assert.deepEqual(leftOut(initialized), [
      '/home: the volume people is declared already (/etc/migrate/volumes.d/local.volume:1)',
      '/srv: /etc/fstab mounts something there',
    ]);
    assert.ok(!existsSync(join(machine.root, file)));
  });
  await withMachine(async (machine) => {
    mkdirSync(join(machine.root, 'home'));
    execFileSync('mount', ['-t', 'tmpfs', 'none', join(machine.root, 'home')]);
    symlinkSync('/data', join(machine.root, 'srv'));
    try {
      assert.deepEqual(leftOut(await initWith(machine)), [
        '/home: another filesystem or subvolume begins there',
        '/srv: it is a symlink, not a directory',
      ]);
    } finally {
      execFileSync('umount', [join(machine.root, 'home')]);
    }
  });
  await withMachine(async (machine) => {
    mkdirSync(join(machine.root, 'srv'));
    execFileSync('btrfs', ['-q', 'subvolume', 'create', join(machine.root, 'srv/vm')]);
    assert.deepEqual(leftOut(await initWith(machine)), ['/srv: /srv/vm is a subvolume of its own']);
    assert.match(readFileSync(join(machine.root, file), 'utf8'), /home(?!.*srv)/s);
  });
});

test('declarations that cannot be read are refused before anything is changed, and a file of that name stays as it is', async () => {
  await withMachine(async (machine) => {
    await assert.rejects(initWith(machine, { [file]: 'nonsense\n' }), { code: 'volume-syntax' });
    assert.ok(!existsSync(join(machine.top, 'migrate')));
    rmSync(join(machine.root, file));
    const own = 'volume people /home class=data binding=version\n';
    const { volumes } = await initWith(machine, { [file]: own });
    assert.deepEqual(
      volumes?.declared.map(({ name }) => name),
      ['people'],
    );
    assert.equal(readFileSync(join(machine.root, file), 'utf8'), own);
  });
});

test('what a volume of data begins with is no part of the migration, however much it is', async () => {
  for (const declareVolumes of [true, false]) {
    const withFilm = async (machine: Machine): Promise<void> => {
      mkdirSync(join(machine.root, 'home'));
      execFileSync('fallocate', ['--length', '1100M', join(machine.root, 'home/film')]);
      await machine.init(base(machine), undefined, declareVolumes);
      const image = await machine.import(machine.image('next', imageContent(13)));
      const { plan, waiting } = machine.stage({ image, parent: first });
      assert.equal(waiting.length, declareVolumes ? 0 : 1);
      const films = plan.decisions.filter(({ path }) => path.startsWith('/home/'));
      assert.equal(films.length, declareVolumes ? 0 : 1);
    };
    // There is room for a second copy.
    await withMachine(withFilm, { size: '4G' });
  }
});

test('where the new version would not declare the volume, its data is not left behind: nothing is armed', async () => {
  await withMachine(async (machine) => {
    await initWith(machine, { 'home/letter': 'mine\n' });
    const policy = { 'usr/lib/migrate/policy.d/50-image.policy': 'default persist\nignore /etc/migrate/**\n' };
    const image = await machine.import(machine.image('next', imageContent(13, policy)));
    const { version, waiting } = machine.stage({ image, parent: first });
    assert.equal(version.state, 'staged');
    assert.match(waiting.map(({ detail }) => detail).join(), /Cannot leave \/home to the volume home/);
  });
});
