import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemPlace } from '../../../src/flows/staging/change-version.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { objectAt, volumeNamed } from '../../../src/store/ledger-state.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { placeOf } from '../../versions/store-of-versions.ts';
import { type Machine, makeImage, update, withMachine } from './machine.ts';

/** Brings an image into the store that no version uses: the version that it was staged as gives way to another. */
function withUnusedImage(machine: Machine): string {
  update(machine, makeImage(machine, 'two'), { to: 'armed' });
  return update(machine, makeImage(machine, 'three'), { to: 'armed' });
}

test('migrate image ls tells when each image came, its digest and size, who signed it, and what uses it', async () => {
  await withMachine((machine) => {
    const { scratch, done } = machine;
    execFileSync('tar', ['-C', makeImage(machine, 'two'), '-cf', join(scratch, 'two.tar'), '.']);
    assert.equal(update(machine, join(scratch, 'two.tar'), { to: 'armed' }), 'two.tar.2');
    const { schema, images } = JSON.parse(done('image', 'ls', '--json'));
    assert.equal(schema, 'migrate.images/1');
    const [one, two] = images;
    assert.deepEqual(
      { ...one, at: '', source: '' },
      {
        ...{ name: 'one', at: '', system: 'System one', digest: null, signer: null, source: '' },
        ...{ bytes: one.bytes, versions: ['one.1', 'two.tar.2'], holds: ['version:one.1'], writable: false },
      },
    );
    assert.equal(typeof one.bytes, 'number');
    assert.match(two.digest, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(two.versions, ['two.tar.2']);
    const text = done('image', 'ls');
    assert.match(
      text,
      /^one {6}\d{4}-\d\d-\d\d \d\d:\d\d {2}\d+ bytes {2}System one\n {2}not signed\n {2}used by one\.1, two\.tar\.2$/m,
    );
    assert.match(text, /^two\.tar {2}.*\n {2}sha256:[0-9a-f]{64}\n/m);
  });
});

test('migrate image rm refuses by name what versions need and what is held, and removes the rest', async () => {
  await withMachine((machine) => {
    const { run, done } = machine;
    const waiting = withUnusedImage(machine);
    for (const [image, users] of [
      ['one', `one\\.1, ${waiting} need it`],
      ['three', `${waiting} needs it`],
    ]) {
      const refused = run('image', 'rm', image ?? '');
      assert.deepEqual([refused.status, refused.stdout], [2, '']);
      assert.match(refused.stderr, new RegExp(`Cannot remove the image ${image}: ${users}`));
    }
    done('volume', 'hold', 'two@system', '--for', 'audit');
    assert.match(run('image', 'rm', 'two').stderr, /it is held for audit/);
    done('volume', 'release', 'two@system', '--for', 'audit');
    assert.equal(done('image', 'rm', 'two'), 'Removed two@system\n');
    const again = run('image', 'rm', 'two');
    assert.deepEqual([again.status, again.stdout], [2, '']);
    assert.match(again.stderr, /There is no image "two" in the store/);
    assert.deepEqual(
      JSON.parse(done('image', 'ls', '--json')).images.map(({ name }: { name: string }) => name),
      ['one', 'three'],
    );
  });
});

test('migrate image rm and verify leave alone what is no image', async () => {
  await withMachine((machine) => {
    const id = update(machine, makeImage(machine, 'two'));
    for (const command of ['rm', 'verify']) {
      const refused = machine.run('image', command, `born-${id}`);
      assert.equal(refused.status, 2);
      assert.match(refused.stderr, /is a tag, and no image/);
    }
  });
});

test('migrate image verify tells an image that is as it was imported from one in which a byte was changed', async () => {
  await withMachine(({ store, run, done }) => {
    assert.match(
      done('image', 'verify', 'one'),
      /^one is what was imported: \d+ entries, \d+ bytes, migrate\.tree\/1 sha256:/,
    );
    const tag = join(store, 'volumes/system/tags/one');
    // Of the same size, with the times as they were: only its content tells.
    const tamper = `
      btrfs property set -ts . ro false
      touch -r etc/motd /tmp/times.$$; printf W | dd of=etc/motd conv=notrunc status=none
      touch -r /tmp/times.$$ etc/motd; rm /tmp/times.$$
      btrfs property set -ts . ro true`;
    execFileSync('bash', ['--norc', '-euc', tamper], { cwd: tag });
    const { status, stdout, stderr } = run('image', 'verify', 'one', '--json');
    assert.deepEqual([status, stderr], [1, '']);
    const { whole, imported, now } = JSON.parse(stdout);
    assert.equal(whole, false);
    assert.notEqual(imported, now);
    assert.match(run('image', 'verify', 'one').stdout, /^one is not what was imported/);
  });
});

test('migrate image ls names a record of a version that cannot be read, and rm removes nothing then', async () => {
  await withMachine((machine) => {
    withUnusedImage(machine);
    writeFileSync(join(machine.store, 'versions/one.1.json'), '{');
    const { status, stdout, stderr } = machine.run('image', 'ls');
    assert.equal(status, 1);
    assert.match(stdout, /^two {2,}/m);
    assert.match(stderr, /Cannot read the version in .*one\.1\.json: it is not JSON/);
    const removed = machine.run('image', 'rm', 'two');
    assert.deepEqual([removed.status, removed.stdout], [1, '']);
  });
});

test('migrate image verify says so where an image came without a digest', async () => {
  await withMachine(({ store, run }) => {
    changeStore(placeOf(btrfsBackend, store), (opened) => {
      const volume = volumeNamed(opened.state, 'system');
      const from = objectAt(opened.state, systemPlace('tag', 'one'))?.record ?? null;
      assert.ok(volume !== null);
      makeObject(opened, { volume, kind: 'tag', name: 'old', from, notes: { purpose: 'image' } });
    });
    const { status, stderr } = run('image', 'verify', 'old');
    assert.equal(status, 1);
    assert.match(stderr, /Cannot verify the image old: it came into the store without a digest of its tree/);
  });
});
