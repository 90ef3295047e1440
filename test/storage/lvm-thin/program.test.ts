import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runProgram } from '../../../src/cli/program.ts';
import type { RootLocation } from '../../../src/domain/boot-request.ts';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import type { Place } from '../../../src/domain/volume.ts';
import { lvmThinBackend } from '../../../src/storage/lvm-thin/backend.ts';
import { prepareLvmThin } from '../../../src/storage/lvm-thin/new-root.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { branch, system, type TestPool, tag } from '../objects.ts';
import { makeGroup, makePool } from './thin-pool.ts';

/** Runs the program, as a person would; what it printed. */
async function migrate(line: string): Promise<string> {
  let [stdout, stderr] = ['', ''];
  const status = await runProgram(line.split(' '), '0', {
    ...{ system, newRoots: [], changeSources: [], loaderKinds: [] },
    storeKinds: [{ name: 'lvm-thin', load: () => Promise.resolve(lvmThinBackend) }],
    console: {
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      ...{ colored: false, interactive: false, ask: null },
    },
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, line);
  return stdout;
}

type Store = { readonly pool: TestPool; readonly mountpoint: string; readonly run: (line: string) => Promise<string> };

async function withMadeStore(body: (store: Store) => Promise<void>): Promise<void> {
  makeGroup();
  const pool = makePool('pool', { size: '512M', metadata: '4M' });
  await withFilesystem('xfs', async (mountpoint) => {
    const store = join(mountpoint, 'store');
    mkdirSync(store);
    const made = await migrate(`store create ${store} --backend lvm-thin --pool ${pool.name} --host here`);
    assert.match(made, /: lvm-thin, host here/);
    await body({ pool, mountpoint, run: (line) => migrate(`${line} --store ${store}`) });
  });
}

test('a store in a thin pool is made, used, and its ledger rebuilt by the commands that people give', () =>
  withMadeStore(async ({ pool, mountpoint, run }) => {
    const mounted = join(mountpoint, 'mounted');
    await run('volume create db --class config');
    await run('volume create db/main');
    await run(`volume mount db/main ${mounted}`);
    writeFileSync(join(mounted, 'file'), 'first\n');
    await run('volume tag a@db db/main');
    writeFileSync(join(mounted, 'file'), 'second\n');
    system.mounts.unmount(mounted);
    await run('volume branch db/try a@db');
    assert.match(await run('volume diff a@db db/main'), /\/file/);
    assert.doesNotMatch(await run('volume diff a@db db/try'), /\/file/);
    const listed = await run('volume ls');
    for (const name of ['db/main', 'db/try', 'a@db']) assert.match(listed, new RegExp(name));
    assert.equal(pool.natives().length, 3);
    rmSync(join(mountpoint, 'store/ledger.ndjson'));
    await run('volume fsck --repair');
    assert.equal(await run('volume ls'), listed);
    for (const name of ['a@db', 'db/main', 'db/try']) await run(`volume destroy ${name}`);
    assert.deepEqual(pool.natives(), []);
  }));

test('a root that a boot which was cut off has left is named, and goes with the next pruning', () =>
  withMadeStore(async ({ pool, mountpoint, run }) => {
    await run('volume create system --class system');
    await run('volume create system/unpacked');
    await run('volume tag image@system system/unpacked');
    leaveRoot(mountpoint, pool);
    const others = pool.natives().filter((name) => !name.endsWith('.migrating'));
    assert.deepEqual([pool.natives().length, others.length], [3, 2]);
    const named =
      /system\/image\.2\.migrating: a boot that was cut off has left it: it was making the root of image\.2/;
    assert.match(await run('volume fsck'), named);
    assert.match(await run('prune --dry-run'), named);
    assert.equal(pool.natives().length, 3);
    assert.match(await run('prune'), named);
    assert.deepEqual(pool.natives(), others);
    assert.equal(await run('volume fsck'), 'The ledger and the store agree\n');
  }));

/** What an initramfs has made of the image when the power goes: its volume has a device until the restart. */
function leaveRoot(mountpoint: string, pool: TestPool): void {
  const store = lvmThinBackend.open(bytesOfText(join(mountpoint, 'store')), system, pool.name);
  const at = (place: Place): RootLocation => {
    const root = store.bootLocation(place)?.root;
    assert.ok(root !== undefined);
    return root;
  };
  const image = at(tag('image', 'system'));
  const old = at(branch('unpacked', 'system'));
  const version = 'image.2';
  const request = { version, store: null, enabled: true, base: image, new: image, old };
  const work = mkdtempSync('/run/migrate-test-');
  try {
    const root = prepareLvmThin({ ...request, root: at(branch(version, 'system')) }, work, system);
    writeFileSync(join(root.open(), 'half'), '');
    root.close();
  } finally {
    rmSync(work, { recursive: true });
  }
}
