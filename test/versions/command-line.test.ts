import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBootRequest } from '../../src/domain/boot-request.ts';
import { parseKernelCommandLine } from '../../src/domain/kernel-command-line.ts';
import { versionStates } from '../../src/domain/version.ts';
import { commandLineOf, inheritedOf, plainCommandLine } from '../../src/versions/command-line.ts';

const device = 'UUID=11111111-2222-4333-8444-555555555555';
const root = { device, subvolume: 'migrate/volumes/system/branches/trixie.2' };
const location = {
  store: { device, path: 'migrate' },
  roots: {
    old: 'subvol=migrate/volumes/system/branches/bookworm.1',
    base: 'subvol=migrate/volumes/system/tags/bookworm',
    new: 'subvol=migrate/volumes/system/tags/trixie:2026+1',
  },
};
const commandLine = plainCommandLine(root, { flags: [], words: ['console=ttyS0', 'quiet'] });

test('what the initramfs reads from the command line of an armed version is what was meant', () => {
  const line = commandLineOf({ id: 'trixie.2', state: 'armed' }, { commandLine }, location);
  assert.deepEqual(parseBootRequest(parseKernelCommandLine(line)), {
    version: 'trixie.2',
    old: { device, subvolume: 'migrate/volumes/system/branches/bookworm.1' },
    base: { device, subvolume: 'migrate/volumes/system/tags/bookworm' },
    new: { device, subvolume: 'migrate/volumes/system/tags/trixie:2026+1' },
    root,
    store: location.store,
    enabled: true,
  });
  const words = line.split(' ');
  for (const word of ['migrate.run', 'rw', 'console=ttyS0', 'quiet', 'rd.shell=0', 'rd.emergency=reboot', 'panic=10']) {
    assert.equal(words.filter((each) => each === word).length, 1, word);
  }
});

test('a root of layers is named by a type that only its own program mounts, so that nothing else is started', () => {
  const object = 'migrate/volumes/system/branches/trixie.2';
  const line = plainCommandLine({ device, subvolume: null, object }, { flags: ['noatime'], words: ['quiet'] });
  assert.equal(line, `root=${device} rootfstype=migrate rootflags=object=${object},noatime rw quiet`);
  assert.deepEqual(inheritedOf(line, null), { flags: ['noatime'], words: ['quiet'] });
  const roots = { old: 'object=migrate/o', base: 'object=migrate/b', new: 'object=/migrate/n' };
  const armed = commandLineOf({ id: 'trixie.2', state: 'armed' }, { commandLine: line }, { ...location, roots });
  const request = parseBootRequest(parseKernelCommandLine(armed));
  assert.deepEqual(
    [request.old, request.base, request.new, request.root].map((one) => one?.object),
    ['migrate/o', 'migrate/b', 'migrate/n', object],
  );
});

test('case 66: without a base the command line says so', () => {
  const roots = { ...location.roots, base: null };
  const line = commandLineOf({ id: 'trixie.2', state: 'armed' }, { commandLine }, { ...location, roots });
  assert.match(line, / migrate\.base=none /);
  assert.equal(parseBootRequest(parseKernelCommandLine(line)).base, null);
});

test('only a version that is to be made has a migration on its command line', () => {
  const made = versionStates.filter(
    (state) => commandLineOf({ id: 'trixie.2', state }, { commandLine }, location) !== commandLine,
  );
  assert.deepEqual(made, ['armed', 'migrating', 'waiting']);
  assert.equal(commandLine, `root=${device} rootflags=subvol=${root.subvolume} rw console=ttyS0 quiet`);
});

test('the next version has the consoles and mount options of this one, and nothing of its root, its migration, or of one boot', () => {
  const running =
    'BOOT_IMAGE=/vmlinuz root=LABEL=OLD rootflags=subvol=@v1,compress=zstd ro console=tty0 console=ttyS0,115200 quiet ' +
    'module.option="two words" migrate.run migrate.version=x rd.migrate=0 rd.shell=0 panic=10 init=/bin/sh single 1 ' +
    'systemd.unit=rescue.target rd.break=pre-mount rd.luks.uuid=1234 -- after all';
  const inherited = inheritedOf(`${running}\n`, null);
  assert.deepEqual(inherited, {
    flags: ['compress=zstd'],
    words: ['console=tty0', 'console=ttyS0,115200', 'quiet', 'module.option="two words"', 'rd.luks.uuid=1234'],
  });
  assert.deepEqual(inheritedOf('', null), { flags: [], words: [] });
  const next = plainCommandLine(root, inherited);
  assert.match(next, new RegExp(`^root=\\S+ rootflags=subvol=${root.subvolume},compress=zstd rw console=tty0 `));
  // And the one after it has them once.
  assert.deepEqual(inheritedOf(next, null).flags, ['compress=zstd']);
});

test('mount options of the root are inherited from all that rootflags= says, and never which root it is', () => {
  const flagsOf = (line: string): readonly string[] => inheritedOf(line, null).flags;
  assert.deepEqual(flagsOf('rootflags=noatime,subvolid=257,ro rootflags=compress=zstd:3,noatime'), [
    'noatime',
    'compress=zstd:3',
  ]);
  assert.deepEqual(flagsOf('"rootflags=subvol=a b,noatime" rootflags="degraded,rw"'), ['noatime', 'degraded']);
  assert.deepEqual(flagsOf('rootflags= rootflagsx=noatime'), []);
  assert.equal(
    plainCommandLine({ device, subvolume: null }, { flags: ['noatime'], words: [] }),
    `root=${device} rootflags=noatime rw`,
  );
  assert.equal(plainCommandLine({ device, subvolume: null }, { flags: [], words: [] }), `root=${device} rw`);
});

test('the volume of a root that is left is not activated for the next one, however root= names it; others are', () => {
  const words = ['rd.lvm.lv=my-vg/root', 'rd.lvm.lv=my-vg/swap', 'quiet'];
  const left = '/dev/mapper/my--vg-root';
  for (const root of [
    left,
    '/dev/my-vg/root',
    'UUID=11111111-2222-4333-8444-555555555555',
    'LABEL=root',
    '/dev/dm-0',
  ]) {
    assert.deepEqual(
      inheritedOf(`root=${root} ${words.join(' ')}`, left).words,
      ['rd.lvm.lv=my-vg/swap', 'quiet'],
      root,
    );
  }
  assert.deepEqual(inheritedOf(`root=/dev/my-vg/root ${words.join(' ')}`, '/dev/dm-0').words, words.slice(1));
  assert.deepEqual(inheritedOf(`root=/dev/sda1 ${words.join(' ')}`, '/dev/sda1').words, words);
  const next = { device: '/dev/mapper/my--vg-next', subvolume: null };
  const line = plainCommandLine(next, inheritedOf('', left), ['rd.lvm.lv=my-vg/next']);
  assert.equal(line, 'root=/dev/mapper/my--vg-next rw rd.lvm.lv=my-vg/next');
  assert.deepEqual(inheritedOf(line, next.device).words, []);
});

test('the volume that both roots lie on is activated for the next one too', () => {
  const words = ['rd.lvm.lv=vg0/root', 'rd.lvm.lv=vg0/swap'];
  assert.deepEqual(inheritedOf(`root=/dev/mapper/vg0-root rootflags=subvol=@ ${words.join(' ')}`, null).words, words);
});

test('what the next initramfs needs is said once, also where the running one was told it too', () => {
  const words = ['spl.spl_hostid=0x0a1b2c3d'];
  const line = plainCommandLine(
    { device: 'zfs:tank/next', subvolume: null },
    { flags: [], words: [...words, 'quiet'] },
    words,
  );
  assert.equal(line, 'root=zfs:tank/next rw spl.spl_hostid=0x0a1b2c3d quiet');
});
