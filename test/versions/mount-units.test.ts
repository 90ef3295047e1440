import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { deviceNodeOf, mountUnitOf } from '../../src/domain/unit-of-path.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { orderRules } from '../../src/policy/order.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { openRoot } from '../../src/system/rooted-files.ts';
import { branchSource, type MountUnit, mountUnit } from '../../src/versions/mount-units.ts';
import { writeMountUnits } from '../../src/versions/write-mount-units.ts';
import { migrated } from '../cases/migration.ts';
import { file, symlink, type Tree } from '../cases/trees.ts';
import { seededRandom } from '../merge/text/random.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';

function systemdEscape(paths: readonly string[]): string[] {
  // Arguments of a program are bytes: a shell hands them on from a file as they are.
  const script = 'while IFS= read -r -d "" path; do systemd-escape --path --suffix=mount -- "$path"; done';
  const input = Buffer.from(paths.map((path) => `${path}\0`).join(''), 'latin1');
  return execFileSync('bash', ['--norc', '-c', script], {
    input,
    encoding: 'latin1',
    env: { PATH: process.env['PATH'], LC_ALL: 'C' },
  })
    .trimEnd()
    .split('\n');
}

test('the name of a mount unit is the one that systemd-escape gives', () => {
  const paths = [
    '/',
    '/home',
    '/srv/my data',
    '/a-b/c_d:e.f',
    '/.hidden/.x',
    '/\xc3\xa9/\xff',
    '/x\\y',
    '/a/%n',
    '/x@y',
  ];
  const random = seededRandom(4);
  const alphabet = ['a', 'Z', '0', '-', '.', '_', ':', '\\', ' ', '@', '%', '*', '\x01', '\xc3', '\xa9', '/b'];
  for (let count = 0; count < 200; count++) {
    const length = 1 + random.below(12);
    const tail = Array.from({ length }, () => random.pick(alphabet)).join('');
    // Components that are no names have no place in a RootPath.
    const path = `/x${tail}`;
    if (!/\/\.{1,2}(\/|$)/.test(path)) paths.push(path);
  }
  assert.deepEqual(paths.map(mountUnitOf), systemdEscape(paths));
});

test('a device is named by the link that udev makes, so that the unit waits for it', () => {
  assert.equal(deviceNodeOf('UUID=0a-1b'), '/dev/disk/by-uuid/0a-1b');
  assert.equal(deviceNodeOf('LABEL=my root/1'), '/dev/disk/by-label/my\\x20root\\x2f1');
  assert.equal(deviceNodeOf('PARTLABEL=é'), '/dev/disk/by-partlabel/é');
  assert.equal(deviceNodeOf('/dev/mapper/vg-lv'), '/dev/mapper/vg-lv');
});

const bound = { version: 'trixie.2', branch: 'trixie.2' };
const source = branchSource({ device: 'UUID=0a0a', subvolume: 'migrate/volumes/pg/branches/trixie.2' });

function unitAt(mountPoint: string, options: readonly string[] = []): MountUnit {
  return mountUnit({ name: 'pg', mountPoint, options }, bound, source);
}

test('a unit mounts the branch of its version, and is required by local-fs.target', () => {
  const { unit, link } = unitAt('/var/lib/pg', ['noatime', 'x=100%']);
  assert.equal(unit.path, '/etc/systemd/system.attached/var-lib-pg.mount');
  assert.deepEqual(unit.content.split('\n'), [
    '# Made by migrate for trixie.2, and made anew for every version: changes here are lost.',
    '# The volume is declared in /etc/migrate/volumes.d.',
    '[Unit]',
    'Description=Volume pg, branch trixie.2',
    '',
    '[Mount]',
    'What=/dev/disk/by-uuid/0a0a',
    'Where=/var/lib/pg',
    'Type=btrfs',
    'Options=subvol=/migrate/volumes/pg/branches/trixie.2,noatime,x=100%%',
    '',
  ]);
  assert.deepEqual(link, {
    path: '/etc/systemd/system.attached/local-fs.target.requires/var-lib-pg.mount',
    target: '../var-lib-pg.mount',
  });
});

/** What systemd complains of when it is to start local-fs.target, with these units in place of the machine's own. */
function complaints(units: readonly MountUnit[], { linked }: { readonly linked: boolean }): string {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-units-'));
  try {
    for (const { unit, link } of units) {
      for (const { path } of [unit, link]) mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(bytes(join(directory, unit.path)), unit.content, 'latin1');
      if (linked) symlinkSync(bytes(link.target), bytes(join(directory, link.path)));
    }
    // A mount namespace of its own: the machine does not see it.
    const script = 'mount --bind "$1/etc/systemd" /etc/systemd && exec systemd-analyze verify local-fs.target';
    const { status, stdout, stderr } = spawnSync('unshare', ['--mount', 'sh', '-c', script, 'sh', directory], {
      encoding: 'latin1',
    });
    return status === 0 ? '' : `${status}: ${stdout}${stderr}`;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function bytes(path: string): Buffer {
  return Buffer.from(path, 'latin1');
}

test('systemd takes the units from where they lie, whatever is in the mount point, for local-fs.target', () => {
  const mountPoints = ['/srv/my data', '/var/lib/a-b', '/srv/100%n', '/srv/\xc3\xa9"\\x20', '/home'];
  const units = mountPoints.map((mountPoint) => unitAt(mountPoint, ['noatime', 'x=%n']));
  assert.equal(complaints(units, { linked: true }), '');
});

test('the test above would see a unit that does not fit its name, and only by its link', () => {
  const right = unitAt('/srv/my data');
  const content = right.unit.content.replace('Where=/srv/my data', 'Where=/srv/my\\x20data');
  const wrong = { ...right, unit: { ...right.unit, content } };
  assert.match(complaints([wrong], { linked: true }), /Unit srv-my\\x20data\.mount has a bad unit file setting/);
  assert.equal(complaints([wrong], { linked: false }), '');
});

/** The setting of that name in a unit. */
function settingOf({ unit }: MountUnit, name: string): string {
  const line = unit.content.split('\n').find((each) => each.startsWith(`${name}=`));
  return line?.slice(name.length + 1).replaceAll('%%', '%') ?? '';
}

test('what a unit says mounts the branch, from wherever it lies in the filesystem', async () => {
  await withFilesystem('btrfs', (top) => {
    const branch = 'my store/volumes/pg/branches/trixie.2';
    mkdirSync(dirname(join(top, branch)), { recursive: true });
    execFileSync('btrfs', ['-q', 'subvolume', 'create', join(top, branch)]);
    writeFileSync(join(top, branch, 'inside'), 'of the branch');
    const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'latin1' }).trim();
    const made = mountUnit(
      { name: 'pg', mountPoint: '/var/lib/pg', options: ['noatime'] },
      bound,
      branchSource({ device, subvolume: branch }),
    );
    const at = join(top, 'at');
    mkdirSync(at);
    const [what, type, options] = ['What', 'Type', 'Options'].map((name) => settingOf(made, name));
    execFileSync('mount', ['-t', type ?? '', '-o', options ?? '', what ?? '', at]);
    assert.equal(readFileSync(join(at, 'inside'), 'latin1'), 'of the branch');
  });
});

test('what lies on layers is mounted by mount.migrate, and named from the top of the filesystem', () => {
  const object = 'migrate/volumes/pg/branches/trixie.2';
  const made = mountUnit(
    { name: 'pg', mountPoint: '/var/lib/pg', options: ['nosuid'] },
    bound,
    branchSource({ device: 'UUID=0a0a', subvolume: null, object }),
  );
  assert.deepEqual(
    ['What', 'Type', 'Options'].map((name) => settingOf(made, name)),
    ['/dev/disk/by-uuid/0a0a', 'migrate', `object=${object},nosuid`],
  );
});

test('a branch whose path no mount option can hold is refused', () => {
  const object = { device: 'UUID=0a', subvolume: null, object: 'a,b' };
  assert.throws(() => branchSource(object), /a mount option holds no comma/);
  assert.throws(() => branchSource({ device: 'UUID=0a', subvolume: 'a,b' }), /a mount option holds no comma/);
});

test('no policy carries the units of volumes, and units of portable services beside them are carried', () => {
  const rules = parsePolicy('persist /etc/**\npersist /etc/systemd/system.attached/home.mount\n', 'x.policy');
  const policy = compilePolicy(orderRules([{ name: 'x.policy', rules }]), () => null);
  const { unit, link } = unitAt('/home');
  for (const path of [unit.path, link.path]) {
    const { verb, rule } = policy.verdictOf(path);
    assert.deepEqual(
      [verb, rule.source.file, rule.reason?.includes('made anew for each')],
      ['ignore', 'built in', true],
    );
  }
  for (const path of ['/etc/systemd/system.attached/x.service', '/etc/systemd/system/home.mount', '/etc/fstab'])
    assert.equal(policy.verdictOf(path).verb, 'persist', path);
});

test('a migration leaves the units of the old version behind, and takes a mount unit of the administrator along', async () => {
  const { unit, link } = unitAt('/var/lib/pg');
  const image: Tree = { '/etc/hostname': file('image\n') };
  const ours: Tree = {
    ...image,
    [unit.path]: file(unit.content),
    [link.path]: symlink(link.target),
    '/etc/systemd/system/mnt.mount': file('[Mount]\nWhat=/dev/vdb\nWhere=/mnt\n'),
  };
  await migrated({ base: image, ours }, ({ plan, roots }) => {
    assert.throws(() => readFileSync(join(roots.theirs, unit.path)), /ENOENT/);
    assert.throws(() => readFileSync(join(roots.theirs, link.path)), /ENOENT/);
    assert.match(readFileSync(join(roots.theirs, '/etc/systemd/system/mnt.mount'), 'latin1'), /Where=\/mnt/);
    assert.deepEqual(plan.items, []);
  });
});

test('units are written readable for all, in place of those of another version; what else lies there stays', async () => {
  await withFilesystem('tmpfs', (directory) => {
    const portable = join(directory, 'etc/systemd/system.attached/x.service');
    mkdirSync(dirname(portable), { recursive: true });
    writeFileSync(portable, '[Service]\n');
    const root = openRoot(directory);
    const [home, pg] = [unitAt('/home'), unitAt('/var/lib/pg')];
    writeMountUnits(root, [home, pg]);
    writeMountUnits(root, [pg]);
    assert.deepEqual(root.list(dirname(pg.unit.path)), ['local-fs.target.requires', 'var-lib-pg.mount', 'x.service']);
    assert.deepEqual(root.list(dirname(pg.link.path)), ['var-lib-pg.mount']);
    assert.equal(readFileSync(join(directory, pg.link.path), 'latin1'), pg.unit.content, 'the link leads to the unit');
    assert.equal(root.status(pg.unit.path)?.mode, 0o644);
    assert.equal(root.status(dirname(pg.link.path))?.mode, 0o755);
    writeMountUnits(root, []);
    assert.deepEqual(root.list(dirname(pg.link.path)), []);
    root.close();
  });
});

test('case 17: units are not written through a link', async () => {
  await withFilesystem('tmpfs', (directory) => {
    mkdirSync(join(directory, 'etc/systemd'), { recursive: true });
    mkdirSync(join(directory, 'outside'));
    symlinkSync('../../outside', join(directory, 'etc/systemd/system.attached'));
    const root = openRoot(directory);
    assert.throws(() => writeMountUnits(root, [unitAt('/home')]), /system\.attached is a symlink, not a directory/);
    assert.deepEqual(root.list('/outside'), []);
    root.close();
  });
});
