import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { copyObject } from '../../../src/flows/volumes/copy-object.ts';
import { mountObject } from '../../../src/flows/volumes/mount-object.ts';
import type { Files } from '../../../src/system/files.ts';
import { sleep } from '../../../src/system/sleep.ts';
import type { System } from '../../../src/system/system.ts';
import { intercept, methodOf } from '../../apply/interruption.ts';
import { migrate, program } from '../../cli/run-migrate.ts';
import { mountsBelow, system } from '../../storage/objects.ts';
import { backends, storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';

type Store = { readonly mountpoint: string; readonly directory: string; readonly at: string };

/** A store with the branch `db/main`, which has a file, and a place to mount at. */
async function withDatabase(
  { backend, filesystem }: (typeof backends)[number],
  body: (store: Store) => void | Promise<void>,
): Promise<void> {
  await withFilesystem(filesystem, async (mountpoint) => {
    const store = { mountpoint, directory: join(mountpoint, 'store'), at: join(mountpoint, 'at') };
    mkdirSync(store.directory);
    run(`store create ${store.directory} --backend ${backend} --host here`);
    run(`volume create db --store ${store.directory}`);
    run(`volume create db/main --store ${store.directory}`);
    run(`volume mount db/main ${store.at} --store ${store.directory}`);
    writeFileSync(join(store.at, 'file'), 'first\n');
    run(`volume umount ${store.at}`);
    await body(store);
  });
}

function run(line: string): void {
  const { status, stderr } = migrate(line.split(' '));
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, line);
}

/** The system, which does something before two directories change names: a branch becomes a layer by that. */
function beforeExchange(then: () => void): System {
  return {
    ...system,
    openRoot: (directory, options): Files => {
      const files = system.openRoot(directory, options);
      const exchange = methodOf(files, 'exchange');
      intercept(files, 'exchange', (args) => {
        then();
        return exchange(args);
      });
      return files;
    },
  };
}

test('a branch is not mounted while its content is taken: what is written to it later does not come into the tag', async () => {
  await withDatabase({ backend: 'overlay', filesystem: 'ext4' }, async ({ directory, at }) => {
    const mounting: ChildProcess[] = [];
    const through = beforeExchange(() => {
      const [file, ...words] = program;
      mounting.push(spawn(file, [...words, 'volume', 'mount', 'db/main', at, '--store', directory]));
      // Far longer than it takes where nothing is in its way.
      sleep(3000);
      assert.deepEqual(mountsBelow(at.slice(0, -'/at'.length)), []);
    });
    const request = { directory, storeKinds, kind: 'tag' as const, name: 'monday@db', from: 'db/main' };
    await copyObject(through, { ...request, withoutNested: false });
    assert.equal(mounting.length, 1);
    const [status] = await once(mounting[0] as ChildProcess, 'exit');
    assert.equal(status, 0);
    writeFileSync(join(at, 'file'), 'second\n');
    run(`volume umount ${at}`);
    run(`volume mount monday@db ${at} --store ${directory}`);
    assert.equal(readFileSync(join(at, 'file'), 'utf8'), 'first\n');
    run(`volume umount ${at}`);
  });
});

for (const kind of backends) {
  test(`${kind.backend}: a store that cannot be written to is still one to look into`, async () => {
    await withDatabase(kind, async ({ mountpoint, directory, at }) => {
      run(`volume tag monday@db db/main --store ${directory}`);
      execFileSync('mount', ['--options', 'remount,ro', mountpoint]);
      try {
        const request = { directory, storeKinds, name: 'monday@db', at, readOnly: true };
        const mounted = await mountObject(system, request);
        assert.equal(mounted.name, 'monday@db');
        assert.equal(readFileSync(join(at, 'file'), 'utf8'), 'first\n');
      } finally {
        system.mounts.unmount(at);
        execFileSync('mount', ['--options', 'remount,rw', mountpoint]);
      }
    });
  });
}

test('while another changes the store nothing of it is mounted, and it is said why', async () => {
  await withDatabase({ backend: 'btrfs', filesystem: 'btrfs' }, async ({ directory, at }) => {
    const files = system.openRoot(bytesOfText(directory));
    const release = files.lock('/lock', 0);
    try {
      assert.ok(release !== null);
      const request = { directory, storeKinds, name: 'db/main', at, readOnly: false };
      await assert.rejects(mountObject(system, request), { code: 'store-locked' });
    } finally {
      release?.();
      files.close();
    }
    await mountObject(system, { directory, storeKinds, name: 'db/main', at, readOnly: false });
    system.mounts.unmount(at);
  });
});
