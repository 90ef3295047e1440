import assert from 'node:assert/strict';
import { test } from 'node:test';
import { displayLocation, isWritableRoot, parseBootRequest } from '../../src/domain/boot-request.ts';
import { Failure } from '../../src/domain/failure.ts';
import { parseKernelCommandLine } from '../../src/domain/kernel-command-line.ts';

const btrfs =
  'root=LABEL=ROOT rootflags=noatime,subvol=/@v2 migrate.version=v2 migrate.old=subvol=@v1 migrate.base=subvol=@i1 migrate.new=subvol=@i2';

test('subvolumes without a device lie on that of root=, and slashes around them do not count', () => {
  const request = parseBootRequest(parseKernelCommandLine(btrfs));
  assert.deepEqual(request, {
    version: 'v2',
    old: { device: 'LABEL=ROOT', subvolume: '@v1' },
    base: { device: 'LABEL=ROOT', subvolume: '@i1' },
    new: { device: 'LABEL=ROOT', subvolume: '@i2' },
    root: { device: 'LABEL=ROOT', subvolume: '@v2' },
    store: null,
    enabled: true,
  });
});

test('partitions are named each by itself, in any of the ways of mount(8)', () => {
  const line =
    'root=block:/dev/sda2 migrate.version=1 migrate.old=UUID=a-b migrate.base=PARTLABEL=base migrate.new=PARTUUID=c,subvol=x/y/';
  const { old, base, root, new: image } = parseBootRequest(parseKernelCommandLine(line));
  assert.ok(base !== null);
  const shown = [root, old, base, image].map(displayLocation);
  assert.deepEqual(shown, ['/dev/sda2', 'UUID=a-b', 'PARTLABEL=base', 'PARTUUID=c,subvol=x/y']);
});

test('datasets of ZFS are named as dracut names them; a pool alone is none', () => {
  const line = 'root=zfs:tank/v2 migrate.version=2 migrate.old=zfs:tank/v1 migrate.new=zfs:tank/i@2';
  const at = (line: string) => parseBootRequest(parseKernelCommandLine(line));
  const { root, old, new: image, store } = at(`${line} migrate.store=zfs:tank/records,path=store`);
  assert.deepEqual([root, old, image].map(displayLocation), ['zfs:tank/v2', 'zfs:tank/v1', 'zfs:tank/i@2']);
  assert.deepEqual(store, { device: 'zfs:tank/records', path: 'store' });
  for (const other of ['zfs:AUTO', 'zfs:tank', 'zfs:'])
    assert.throws(() => at(line.replace('root=zfs:tank/v2', `root=${other}`)), /names no block device/);
});

test('case 66: without migrate.base=, or with none in it, there is no old image; any other name must be one', () => {
  const baseOf = (word: string) =>
    parseBootRequest(parseKernelCommandLine(btrfs.replace('migrate.base=subvol=@i1', word))).base;
  assert.deepEqual([baseOf('migrate.base=none'), baseOf('')], [null, null]);
  assert.deepEqual(baseOf('migrate.base=subvol=none'), { device: 'LABEL=ROOT', subvolume: 'none' });
  assert.throws(() => baseOf('migrate.base=gone'), /"gone", which is neither/);
});

test('the store is a directory of a filesystem, that of root= unless another is named', () => {
  const storeOf = (word: string) => parseBootRequest(parseKernelCommandLine(`${btrfs} ${word}`)).store;
  assert.deepEqual(storeOf('migrate.store=path=migrate'), { device: 'LABEL=ROOT', path: 'migrate' });
  assert.deepEqual(storeOf('migrate.store=UUID=a-b,path=/srv/migrate/'), { device: 'UUID=a-b', path: 'srv/migrate' });
  assert.throws(() => storeOf('migrate.store=UUID=a-b'), /has no path=/);
  assert.throws(() => storeOf('migrate.store=migrate'), /"migrate", which is neither/);
});

test('rd.migrate=0 and nothing else switches it off', () => {
  const enabled = (words: string): boolean => parseBootRequest(parseKernelCommandLine(`${btrfs} ${words}`)).enabled;
  assert.deepEqual(['rd.migrate=0', 'rd.migrate=1', 'rd.migrate', ''].map(enabled), [false, true, true, true]);
});

test('what is missing or malformed is named', () => {
  const bad: readonly (readonly [from: string, to: string, named: string])[] = [
    ['root=LABEL=ROOT', '', 'root='],
    ['root=LABEL=ROOT', 'root=tmpfs', 'root='],
    ['migrate.version=v2', '', 'migrate.version='],
    ['migrate.version=v2', 'migrate.version=../v2', 'migrate.version='],
    ['migrate.version=v2', 'migrate.version=-v', 'migrate.version='],
    ['migrate.old=subvol=@v1', '', 'migrate.old='],
    ['migrate.base=subvol=@i1', 'migrate.base=@i1', '"@i1"'],
    ['migrate.new=subvol=@i2', 'migrate.new=', 'migrate.new='],
  ];
  for (const [from, to, named] of bad) {
    assert.throws(
      () => parseBootRequest(parseKernelCommandLine(btrfs.replace(from, to))),
      (error) => error instanceof Failure && error.code === 'boot-request' && error.message.includes(named),
      `${from} → ${to}`,
    );
  }
});

test('a root is mounted read-only unless the command line says rw', () => {
  const writable = (text: string): boolean => isWritableRoot(parseKernelCommandLine(text));
  assert.deepEqual(['', 'ro', 'rw', 'rwx'].map(writable), [false, false, true, false]);
});
