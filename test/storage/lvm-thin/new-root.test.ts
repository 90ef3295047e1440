import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Place } from '../../../src/domain/volume.ts';
import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { prepareLvmThin } from '../../../src/storage/lvm-thin/new-root.ts';
import { newRootContract } from '../contract-new-root.ts';
import { type Machine, takeOver, withMachine } from '../new-root-machine.ts';
import { branch, system, type TestPool } from '../objects.ts';
import { lvm, makeGroup, makePool } from './thin-pool.ts';

const subject = {
  kind: () => {
    makeGroup();
    return { ...lvmThinBackend, pool: makePool('pool', { size: '512M', metadata: '4M' }) };
  },
  prepare: prepareLvmThin,
};

type PooledMachine = Machine & { readonly pool: TestPool };

const inMachine = (body: (machine: PooledMachine) => void): Promise<void> =>
  withMachine(subject, (machine) => {
    assert.ok(machine.pool !== null);
    body({ ...machine, pool: machine.pool });
  });

const nodeOf = (device: string): string => lvm('findmnt', ['--noheadings', '--output', 'TARGET', device]).trim();

newRootContract(subject);

test('a volume of somebody else that has the name of an unfinished one is left as it is', () =>
  inMachine(({ prepare, request, pool }) => {
    const name = `${request.root.device.slice('/dev/mapper/vg0-'.length)}.migrating`;
    const thin = ['--type', 'thin', '--thinpool', 'pool', '--virtualsize', '16M'];
    lvm('lvcreate', ['--yes', ...thin, '--addtag', 'backup', '--name', name, 'vg0']);
    const root = prepare();
    const refused = { code: 'exists', message: /\.migrating: a volume of that name is there which no store has made/ };
    assert.throws(() => root.open(), refused);
    assert.throws(() => root.discard(), refused);
    assert.ok(pool.natives().includes(name));
    assert.equal(pool.natives().length, 3);
  }));

test('an image that can be written to, or is none of a store, makes no root', () =>
  inMachine(({ prepare, request, pool }) => {
    const name = request.new.device.slice('/dev/mapper/vg0-'.length);
    lvm('lvchange', ['--activate', 'n', `vg0/${name}`]);
    lvm('lvchange', ['--permission', 'rw', `vg0/${name}`]);
    assert.throws(() => prepare().open(), { code: 'bad-image', message: /it is writable/ });
    lvm('lvchange', ['--permission', 'r', `vg0/${name}`]);
    const tags = lvm('lvs', ['--noheadings', '--options', 'lv_tags', `vg0/${name}`])
      .trim()
      .split(',');
    for (const one of tags) lvm('lvchange', ['--deltag', one, `vg0/${name}`]);
    assert.throws(() => prepare().open(), { code: 'bad-image', message: /no thin volume of a store/ });
    assert.equal(pool.natives().length, 2);
  }));

test('a root that runs becomes a branch where it lies, and again changes nothing', () =>
  inMachine(({ directory, mountpoint, open, pool }) => {
    lvm('lvcreate', ['--yes', '--type', 'thin', '--thinpool', 'pool', '--virtualsize', '64M', '--name', 'root', 'vg0']);
    lvm('mke2fs', ['-q', '-t', 'ext4', '/dev/vg0/root']);
    const at = join(mountpoint, 'root');
    system.mounts.mount({ device: '/dev/mapper/vg0-root', subvolume: null }, at, { writable: true });
    try {
      const take = (place: Place): void => takeOver(lvmThinBackend, { directory, pool: pool.name }, { at, place });
      const place = branch('bookworm.1', 'system');
      take(place);
      take(place);
      assert.ok(
        open()
          .list()
          .some((one) => one.place.name === 'bookworm.1'),
      );
      assert.deepEqual(open().bootLocation(place)?.words, ['rd.lvm.lv=vg0/root']);
      assert.equal(nodeOf('/dev/mapper/vg0-root'), at, 'it is still mounted');
      assert.throws(() => take(branch('other.1', 'system')), {
        code: 'cannot-take-over',
        message: /has the tag migrate.place=branch\/system\/bookworm.1/,
      });
    } finally {
      system.mounts.unmount(at);
    }
  }));
