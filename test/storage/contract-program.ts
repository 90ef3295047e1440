import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { RootLocation } from '../../src/domain/boot-request.ts';
import { bytesOfText } from '../../src/domain/bytes.ts';
import type { Place } from '../../src/domain/volume.ts';
import type { BackendKind } from '../../src/storage/backend.ts';
import type { NewRoot, NewRootKind } from '../../src/storage/new-root.ts';
import { type Ended, runCaptured } from '../cli/run-captured.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { branch, system, type TestPool, tag } from './objects.ts';

/** A kind of storage that keeps its objects in a pool. `makePool` makes one for a test, empty. */
export type PoolSubject = {
  readonly kind: BackendKind;
  readonly makePool: () => TestPool;
  readonly prepare: (...args: Parameters<NewRootKind['prepare']>) => NewRoot;
};

type Store = {
  readonly pool: TestPool;
  readonly mountpoint: string;
  /** Runs the program, as a person would; what it printed. */
  readonly run: (line: string) => Promise<string>;
  /** The same, where it is to refuse. */
  readonly refused: (line: string) => Promise<string>;
};

/** The tests of what people do with a store in a pool by commands. */
export function programContract(subject: PoolSubject): void {
  const { kind } = subject;
  const withMadeStore = (body: (store: Store) => Promise<void>) => inMadeStore(subject, body);

  test(`${kind.name}: a store in a pool is made, used, and its ledger rebuilt by the commands that people give`, () =>
    withMadeStore(async ({ pool, mountpoint, run, refused }) => {
      await useStore(mountpoint, run);
      await run('volume hold a@db --for audit');
      const listed = await run('volume ls');
      for (const name of ['db/main', 'db/try', 'a@db']) assert.match(listed, new RegExp(name));
      const natives = pool.natives().length;
      rmSync(join(mountpoint, 'store/ledger.ndjson'));
      await run('volume fsck --repair');
      // Names, ancestry and holds are in the sidecars.
      assert.equal(await run('volume ls'), listed);
      assert.equal(pool.natives().length, natives);
      assert.match(await refused('volume destroy a@db'), /Cannot destroy a@db: it is held for audit/);
      await run('volume release a@db --for audit');
      for (const name of ['db/try', 'a@db', 'db/main']) await run(`volume destroy ${name}`);
      assert.deepEqual(pool.natives(), []);
    }));

  test(`${kind.name}: volume gc takes the tags that no rule keeps, and leaves what is held and what was branched from`, () =>
    withMadeStore(async ({ mountpoint, run }) => {
      await useStore(mountpoint, run);
      for (const name of ['b', 'c', 'd']) await run(`volume tag ${name}@db db/main`);
      await run('volume hold b@db --for audit');
      const dry = await run('volume gc db --keep-last 1 --dry-run');
      for (const name of ['a', 'b', 'c', 'd']) assert.match(await run('volume ls'), new RegExp(`${name}@db`), dry);
      await run('volume gc db --keep-last 1');
      const left = await run('volume ls');
      for (const name of ['a', 'b', 'd']) assert.match(left, new RegExp(`${name}@db`));
      assert.doesNotMatch(left, /c@db/);
      assert.equal(await run('volume fsck'), 'The ledger and the store agree\n');
    }));

  test(`${kind.name}: a root that a boot which was cut off has left is named, and goes with the next pruning`, () =>
    withMadeStore(async ({ pool, mountpoint, run }) => {
      await run('volume create system --class system');
      await run('volume create system/unpacked');
      await run('volume tag image@system system/unpacked');
      const before = pool.natives();
      leaveRoot(subject, mountpoint, pool);
      assert.equal(pool.natives().length, before.length + 1);
      const named =
        /system\/image\.2\.migrating: a boot that was cut off has left it: it was making the root of image\.2/;
      assert.match(await run('volume fsck'), named);
      assert.match(await run('prune --dry-run'), named);
      assert.equal(pool.natives().length, before.length + 1);
      assert.match(await run('prune'), named);
      assert.deepEqual(pool.natives(), before);
      assert.equal(await run('volume fsck'), 'The ledger and the store agree\n');
    }));
}

/** A branch with a change since its tag, and a branch of that tag. */
async function useStore(mountpoint: string, run: Store['run']): Promise<void> {
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
}

async function inMadeStore(subject: PoolSubject, body: (store: Store) => Promise<void>): Promise<void> {
  const { kind } = subject;
  const pool = subject.makePool();
  try {
    await withFilesystem('xfs', async (mountpoint) => {
      const store = join(mountpoint, 'store');
      mkdirSync(store);
      const line = `store create ${store} --backend ${kind.name} --pool ${pool.name} --host here`;
      assert.match(await done(kind, line), new RegExp(`: ${kind.name}, host here`));
      const at = (words: string): string => `${words} --store ${store}`;
      await body({
        ...{ pool, mountpoint, run: (words) => done(kind, at(words)) },
        refused: async (words) => (await migrate(kind, at(words))).stderr,
      });
    });
  } finally {
    pool.clear();
  }
}

async function done(kind: BackendKind, line: string): Promise<string> {
  const { status, stdout, stderr } = await migrate(kind, line);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, line);
  return stdout;
}

async function migrate(kind: BackendKind, line: string): Promise<Ended> {
  const storeKinds = [{ name: kind.name, load: () => Promise.resolve(kind) }];
  return await runCaptured(line.split(' '), { system, storeKinds });
}

/** What an initramfs has made of the image when the power goes: its volume has a device until the restart. */
function leaveRoot({ kind, prepare }: PoolSubject, mountpoint: string, pool: TestPool): void {
  const store = kind.open(bytesOfText(join(mountpoint, 'store')), system, pool.name);
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
    const root = prepare({ ...request, root: at(branch(version, 'system')) }, work, system);
    writeFileSync(join(root.open(), 'half'), '');
    root.close();
  } finally {
    rmSync(work, { recursive: true });
  }
}
