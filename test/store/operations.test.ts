import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { versionToJson } from '../../src/domain/version-json.ts';
import { changeStore } from '../../src/store/open-store.ts';
import { removeObject } from '../../src/store/remove-object.ts';
import { type FilesystemKind, withFilesystem } from '../system/loop-filesystem.ts';
import { versionOf } from '../versions/version-of.ts';
import { operations, stateAfter } from './operations.ts';
import { backends } from './store-kinds.ts';
import { StoreSandbox } from './store-sandbox.ts';

// Images in memory: nothing here is about what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

type Check = (sandbox: StoreSandbox, mountpoint: string) => Promise<void>;

const checks: Readonly<Record<string, Check>> = {
  'branches and tags have the content of what they were made from, and go their own ways': checkContents,
  'the ancestry goes back over what was destroyed': checkAncestry,
  'what differs between two is found, whichever way round': checkDiff,
  'a branch is mounted writable and a tag read-only, and only what was mounted is unmounted': checkMounts,
  'what is mounted is not destroyed, and the ledger still has it': checkBusy,
  'what is held stays until the last hold is released': checkHolds,
  'case 107: while a version has not proven itself, no tag goes; what a version needs never does': checkVersions,
  'the root that a version is to get is not made by hand, since its boot would take it for a migrated one':
    checkRootsToBe,
  'case 121: a mount inside is named, and left out only when that is said': checkNestedMount,
  'case 125: names are used again, and the ledger tells the objects apart': checkNamesAgain,
  'a host that is not that of the volume is no name of it': checkHosts,
  'a volume goes with all that is in it, or not at all': checkRecursive,
  'two that change a store wait for each other': checkLock,
};

for (const { backend, filesystem } of backends) {
  for (const [name, check] of Object.entries(checks)) {
    test(`${name} (${backend})`, async () => {
      await withSandbox(filesystem, backend, check);
    });
  }

  test(`every operation does what it says on ${backend}, and all else stays`, async () => {
    await withSandbox(filesystem, backend, async (sandbox) => {
      for (const operation of operations) {
        await sandbox.renew();
        const before = sandbox.state();
        await sandbox.must(...operation.words);
        assert.deepEqual(sandbox.state(), stateAfter(before, operation), operation.name);
        assert.deepEqual(sandbox.problems(), []);
      }
    });
  });
}

test('case 121: a subvolume inside is named before a tag would lack it', async () => {
  await withSandbox('btrfs', 'btrfs', async (sandbox) => {
    sandbox.withContent('db/main', true, (directory) => {
      execFileSync('btrfs', ['-q', 'subvolume', 'create', join(directory, 'inside')]);
      writeFileSync(join(directory, 'inside/file'), 'data');
    });
    await refused(sandbox, ['tag', 'new@db', 'db/main'], 2, /begin in it at \/inside$/m);
    await sandbox.must('volume', 'tag', 'new@db', 'db/main', '--without-nested');
    assert.match(await sandbox.must('volume', 'ls', 'db'), /tag +new@db .* of db\/main {2}without: \/inside$/m);
    await refused(sandbox, ['destroy', 'db/main'], 1, /the subvolume \/inside in it holds files/);
    assert.deepEqual(sandbox.problems(), []);
    assert.equal(sandbox.read('db/main', 'inside/file'), 'data');
  });
});

test('a store is made only where none is, and where its kind of storage can work', async () => {
  await withFilesystem('ext4', async (mountpoint) => {
    const sandbox = new StoreSandbox(mountpoint, 'overlay');
    await sandbox.renew();
    const again = await sandbox.run(['store', 'create', sandbox.directory, '--backend', 'overlay']);
    assert.match(again.stderr, /Cannot make a store in .*: there is one already/);
    rmSync(join(sandbox.directory, 'store.json'));
    const lost = await sandbox.run(['store', 'create', sandbox.directory, '--backend', 'overlay']);
    assert.match(lost.stderr, /it has a ledger, but no store\.json/);
    rmSync(join(sandbox.directory, 'ledger.ndjson'));
    const volumes = await sandbox.run(['store', 'create', sandbox.directory, '--backend', 'overlay']);
    assert.match(volumes.stderr, /it has volumes, but no store\.json/);
    mkdirSync(join(mountpoint, 'other'));
    const wrong = await sandbox.run(['store', 'create', join(mountpoint, 'other'), '--backend', 'btrfs']);
    assert.match(wrong.stderr, /its filesystem is ext4, not btrfs/);
    assert.deepEqual(
      [again, lost, volumes, wrong].map(({ status }) => status),
      [2, 2, 2, 2],
    );
  });
});

async function withSandbox(filesystem: FilesystemKind, backend: string, check: Check): Promise<void> {
  await withFilesystem(filesystem, async (mountpoint) => {
    const sandbox = new StoreSandbox(mountpoint, backend);
    await sandbox.renew();
    await check(sandbox, mountpoint);
  });
}

async function refused(sandbox: StoreSandbox, words: readonly string[], status: number, says: RegExp): Promise<void> {
  const before = sandbox.state();
  const ended = await sandbox.run(['volume', ...words]);
  assert.match(ended.stderr, says);
  assert.equal(ended.status, status);
  assert.deepEqual(sandbox.state(), before);
}

async function checkContents(sandbox: StoreSandbox): Promise<void> {
  const contents = ['monday@db', 'tuesday@db', 'friday@db', 'db/main', 'db/try'].map((name) =>
    sandbox.read(name, 'file'),
  );
  assert.deepEqual(contents, ['first', 'after monday', 'after wednesday', 'after friday', 'first']);
  await sandbox.must('volume', 'branch', 'db/copy', 'db/main');
  sandbox.write('db/copy', 'file', 'copied');
  sandbox.write('db/main', 'file', 'main');
  assert.equal(sandbox.read('db/copy', 'file'), 'copied');
  assert.throws(() => sandbox.write('monday@db', 'file', 'changed'), { code: 'EROFS' });
}

async function checkAncestry(sandbox: StoreSandbox): Promise<void> {
  await sandbox.must('volume', 'tag', 'end@db', 'db/try');
  const names = async (): Promise<string[]> =>
    (await sandbox.must('volume', 'log', 'end@db'))
      .split('\n')
      .map((line) => line.replace(/ {2,}.*? {2,}\d\S+ \S+/, ''));
  await sandbox.must('volume', 'destroy', 'db/try');
  await sandbox.must('volume', 'destroy', 'db/main');
  const log = await sandbox.must('volume', 'log', 'end@db');
  const lines = log
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/));
  assert.deepEqual(
    lines.map(([kind, name, , ...more]) => [kind, name, ...more]),
    [
      ['tag', 'end@db'],
      ['branch', 'db/try', 'destroyed'],
      ['tag', 'monday@db', 'held for user'],
      ['branch', 'db/main', 'destroyed'],
    ],
  );
  assert.equal((await names()).length, 5);
  rmSync(join(sandbox.directory, 'ledger.ndjson'));
  await sandbox.must('volume', 'fsck', '--repair');
  assert.match(
    await sandbox.must('volume', 'log', 'end@db'),
    /\nof something that the ledger does not know any more\n$/,
  );
}

async function checkDiff(sandbox: StoreSandbox): Promise<void> {
  sandbox.write('db/try', 'more', 'new');
  type Diff = {
    readonly native: boolean;
    readonly changes: readonly { readonly path: string; readonly change: string }[];
  };
  const diff = async (from: string, to: string): Promise<Diff> =>
    JSON.parse(await sandbox.must('volume', 'diff', from, to, '--json')) as Diff;
  const forwards = await diff('monday@db', 'db/try');
  assert.deepEqual(
    forwards.changes.map(({ path, change }) => `${change} ${path}`),
    ['added /more'],
  );
  assert.equal(forwards.native, true);
  const backwards = await diff('db/try', 'monday@db');
  assert.deepEqual(
    backwards.changes.map(({ path, change }) => `${change} ${path}`),
    ['deleted /more'],
  );
  assert.equal(backwards.native, false);
  assert.match(
    await sandbox.must('volume', 'diff', 'monday@db', 'friday@db'),
    /^modified {2}\/file {2}\(content\)\n1 change\n$/,
  );
  await sandbox.must('volume', 'create', 'other');
  await sandbox.must('volume', 'create', 'other/main');
  const unrelated = await diff('monday@db', 'other/main');
  assert.deepEqual(
    unrelated.changes.map(({ path, change }) => `${change} ${path}`),
    ['deleted /file'],
  );
  assert.equal((await sandbox.run(['volume', 'diff', 'monday@db', 'monday@other'])).status, 2);
}

async function checkMounts(sandbox: StoreSandbox, mountpoint: string): Promise<void> {
  const at = join(mountpoint, 'at');
  await sandbox.must('volume', 'mount', 'db/main', at);
  writeFileSync(join(at, 'file'), 'through the mount');
  await refused(sandbox, ['mount', 'db/try', at], 2, /something is in it, or is mounted there/);
  await sandbox.must('volume', 'umount', at);
  assert.equal(sandbox.read('db/main', 'file'), 'through the mount');
  await sandbox.must('volume', 'mount', 'monday@db', at);
  assert.throws(() => writeFileSync(join(at, 'file'), 'x'), { code: 'EROFS' });
  await sandbox.must('volume', 'umount', at);
  await sandbox.must('volume', 'mount', 'db/main', at, '--read-only');
  assert.throws(() => writeFileSync(join(at, 'file'), 'x'), { code: 'EROFS' });
  execFileSync('umount', [at]);
  // Something else comes to be mounted where ours was.
  execFileSync('mount', ['-t', 'tmpfs', 'none', at]);
  await refused(sandbox, ['umount', at], 2, /nothing that migrate has mounted is there/);
  execFileSync('umount', [at]);
  await refused(sandbox, ['umount', mountpoint], 2, /nothing that migrate has mounted is there/);
}

async function checkBusy(sandbox: StoreSandbox, mountpoint: string): Promise<void> {
  const at = join(mountpoint, 'at');
  await sandbox.must('volume', 'mount', 'tuesday@db', at);
  await refused(sandbox, ['destroy', 'tuesday@db'], 1, /it is mounted at/);
  const { status, stdout } = await sandbox.run(['volume', 'gc', '--keep-last', '1']);
  assert.equal(status, 1);
  assert.match(stdout, /^left +tuesday@db .*it is mounted at/m);
  assert.match(stdout, /^gone +wednesday@db /m);
  assert.equal(readFileSync(join(at, 'file'), 'utf8'), 'after monday');
  await sandbox.must('volume', 'umount', at);
  assert.deepEqual(sandbox.problems(), []);
  await sandbox.must('volume', 'destroy', 'tuesday@db');
}

async function checkHolds(sandbox: StoreSandbox): Promise<void> {
  await sandbox.must('volume', 'hold', 'monday@db', '--for', 'remote:backup');
  await sandbox.must('volume', 'hold', 'monday@db', '--for', 'remote:backup');
  await refused(sandbox, ['destroy', 'monday@db'], 2, /it is held for user, remote:backup/);
  await refused(sandbox, ['release', 'monday@db', '--for', 'other'], 2, /it is held for user, remote:backup/);
  await sandbox.must('volume', 'release', 'monday@db', '--for', 'remote:backup');
  await refused(sandbox, ['destroy', 'monday@db'], 2, /it is held for user$/m);
  // Whoever asks, not only this command.
  changeStore(sandbox.place, (store) => {
    const held = store.state.objects.values().find(({ record }) => record.holds.length > 0);
    assert.ok(held !== undefined);
    assert.throws(() => removeObject(store, held.record), { code: 'held' });
  });
  await sandbox.must('volume', 'release', 'monday@db');
  await refused(sandbox, ['release', 'monday@db'], 2, /nobody holds it/);
  await refused(sandbox, ['hold', 'monday@db', '--for', 'a b'], 2, /no word of letters/);
  await sandbox.must('volume', 'destroy', 'monday@db');
}

async function checkVersions(sandbox: StoreSandbox): Promise<void> {
  const file = join(sandbox.directory, 'versions', 'v.1.json');
  mkdirSync(join(sandbox.directory, 'versions'));
  const version = versionOf('v.1', 'trial', 1, { bindings: { db: 'try' } });
  writeFileSync(file, versionToJson(version));
  assert.match(
    await sandbox.must('volume', 'gc', '--keep-last', '1', '--dry-run'),
    /tuesday@db .*v\.1 has not proven itself yet/,
  );
  await refused(sandbox, ['gc', '--keep-last', '1'], 0, /^$/);
  await refused(sandbox, ['destroy', 'db/try'], 2, /Cannot destroy db\/try: version v\.1 needs it/);
  writeFileSync(file, '{"schema":');
  await refused(sandbox, ['gc', '--keep-last', '1'], 1, /v\.1\.json/);
  writeFileSync(file, versionToJson(versionOf('v.1', 'good', 1, { bindings: { db: 'try' } })));
  await refused(sandbox, ['destroy', 'db', '--recursive'], 2, /^migrate: Cannot destroy /);
  const dry = await sandbox.must('volume', 'gc', '--keep-last', '1', '--dry-run');
  const before = sandbox.state();
  assert.match(dry, /^goes +tuesday@db .*\n(.*\n)*2 tags of 4 would go\n$/m);
  const gone = await sandbox.must('volume', 'gc', '--keep-last', '1');
  assert.equal(gone, dry.replaceAll(/^goes/gm, 'gone').replace('would go', 'removed'));
  assert.deepEqual(
    before.filter((line) => !sandbox.state().includes(line)),
    ['tag tuesday@db', 'tag wednesday@db'],
  );
}

async function checkRootsToBe(sandbox: StoreSandbox): Promise<void> {
  mkdirSync(join(sandbox.directory, 'versions'));
  await sandbox.must('volume', 'create', 'system', '--class', 'system');
  await sandbox.must('volume', 'create', 'system/other');
  await sandbox.must('volume', 'tag', 'r1@system', 'system/other');
  const version = versionOf('v.1', 'armed', 1, { image: 'r1' });
  writeFileSync(join(sandbox.directory, 'versions', 'v.1.json'), versionToJson(version));
  const says = /Cannot make system\/v\.1: version v\.1 needs it/;
  await refused(sandbox, ['branch', 'system/v.1', 'r1@system'], 2, says);
  await refused(sandbox, ['create', 'system/v.1'], 2, says);
  await sandbox.must('volume', 'branch', 'system/v.2', 'r1@system');
}

async function checkNestedMount(sandbox: StoreSandbox, mountpoint: string): Promise<void> {
  const at = join(mountpoint, 'at');
  await sandbox.must('volume', 'mount', 'db/main', at);
  mkdirSync(join(at, 'inside'));
  execFileSync('mount', ['-t', 'tmpfs', 'none', join(at, 'inside')]);
  writeFileSync(join(at, 'inside/file'), 'data');
  try {
    await refused(
      sandbox,
      ['branch', 'db/new', 'db/main'],
      2,
      /other filesystems or subvolumes begin in it at \/inside$/m,
    );
  } finally {
    execFileSync('umount', [join(at, 'inside')]);
  }
  await sandbox.must('volume', 'umount', at);
  await sandbox.must('volume', 'branch', 'db/new', 'db/main');
  assert.equal(
    sandbox.withContent('db/new', false, (directory) => existsSync(join(directory, 'inside/file'))),
    false,
  );
}

async function checkNamesAgain(sandbox: StoreSandbox): Promise<void> {
  await sandbox.must('volume', 'destroy', 'friday@db');
  await sandbox.must('volume', 'tag', 'friday@db', 'db/main');
  assert.equal(sandbox.read('friday@db', 'file'), 'after friday');
  await refused(sandbox, ['tag', 'friday@db', 'db/main'], 2, /there is a tag of that name/);
  await sandbox.must('volume', 'destroy', 'empty');
  await sandbox.must('volume', 'create', 'empty', '--class', 'config');
  assert.deepEqual(sandbox.problems(), []);
  assert.ok(sandbox.state().includes('config empty'));
}

async function checkHosts(sandbox: StoreSandbox): Promise<void> {
  await sandbox.must('volume', 'tag', 'new@db', 'here/db/main');
  await refused(sandbox, ['log', 'there/db/main'], 2, /its volume db is of the host here/);
  await refused(sandbox, ['create', 'nothing/main'], 2, /Cannot find the volume nothing/);
  await refused(sandbox, ['tag', 'db/main', 'db/try'], 2, /that is no name of a tag/);
  await sandbox.must('volume', 'create', 'other');
  await refused(sandbox, ['branch', 'other/x', 'db/main'], 2, /they are of different volumes/);
  await refused(sandbox, ['create', 'db'], 2, /there is one of that name/);
}

async function checkRecursive(sandbox: StoreSandbox): Promise<void> {
  await refused(sandbox, ['destroy', 'db'], 2, /it has 6 branches and tags/);
  await refused(sandbox, ['destroy', 'db', '--recursive'], 2, /monday@db: it is held for user/);
  await sandbox.must('volume', 'release', 'monday@db');
  await sandbox.must('volume', 'destroy', 'db', '--recursive');
  assert.deepEqual(sandbox.state(), ['state empty']);
  assert.deepEqual(sandbox.problems(), []);
}

async function checkLock(sandbox: StoreSandbox): Promise<void> {
  const isLocked = (): boolean =>
    spawnSync('flock', ['--nonblock', join(sandbox.directory, 'lock'), 'true']).status !== 0;
  await changeStore(sandbox.place, async (store) => {
    await Promise.resolve();
    assert.ok(isLocked() && store.files.status('/store.json') !== null, 'as long as it takes');
  });
  assert.ok(!isLocked());
  const other = spawn('flock', [join(sandbox.directory, 'lock'), 'sh', '-c', 'echo has it; sleep 1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(other.stdout, 'data');
  const start = performance.now();
  // Looking does not wait.
  await sandbox.must('volume', 'ls');
  assert.ok(performance.now() - start < 900);
  await sandbox.must('volume', 'create', 'new');
  assert.ok(performance.now() - start > 700, 'it has waited');
  assert.ok(sandbox.state().includes('data new'));
}
