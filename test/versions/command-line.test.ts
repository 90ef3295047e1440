import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBootRequest } from '../../src/domain/boot-request.ts';
import { parseKernelCommandLine } from '../../src/domain/kernel-command-line.ts';
import { versionStates } from '../../src/domain/version.ts';
import { commandLineOf, inheritedWords, plainCommandLine } from '../../src/versions/command-line.ts';

const device = 'UUID=11111111-2222-4333-8444-555555555555';
const root = { device, subvolume: 'migrate/volumes/system/branches/trixie.2' };
const location = {
  store: { device, path: 'migrate' },
  roots: {
    old: 'migrate/volumes/system/branches/bookworm.1',
    base: 'migrate/volumes/system/tags/bookworm',
    new: 'migrate/volumes/system/tags/trixie:2026+1',
  },
};
const commandLine = plainCommandLine(root, ['console=ttyS0', 'quiet']);

test('what the initramfs reads from the command line of an armed version is what was meant', () => {
  const line = commandLineOf({ id: 'trixie.2', state: 'armed' }, { commandLine }, location);
  const { old, base, new: image } = location.roots;
  assert.deepEqual(parseBootRequest(parseKernelCommandLine(line)), {
    version: 'trixie.2',
    old: { device, subvolume: old },
    base: { device, subvolume: base },
    new: { device, subvolume: image },
    root,
    store: location.store,
    enabled: true,
  });
  const words = line.split(' ');
  for (const word of ['migrate.run', 'rw', 'console=ttyS0', 'quiet', 'rd.shell=0', 'rd.emergency=reboot', 'panic=10']) {
    assert.equal(words.filter((each) => each === word).length, 1, word);
  }
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

test('the next version has the consoles of this one, and nothing of its root, its migration, or of one boot', () => {
  const running =
    'BOOT_IMAGE=/vmlinuz root=LABEL=OLD rootflags=subvol=@v1,compress=zstd ro console=tty0 console=ttyS0,115200 quiet ' +
    'module.option="two words" migrate.run migrate.version=x rd.migrate=0 rd.shell=0 panic=10 init=/bin/sh single 1 ' +
    'systemd.unit=rescue.target rd.break=pre-mount rd.luks.uuid=1234 -- after all';
  assert.deepEqual(inheritedWords(`${running}\n`), [
    ...['console=tty0', 'console=ttyS0,115200', 'quiet', 'module.option="two words"', 'rd.luks.uuid=1234'],
  ]);
  assert.deepEqual(inheritedWords(''), []);
});
