import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { versionToJson } from '../../src/domain/version-json.ts';
import { type FilesystemKind, withFilesystem } from '../system/loop-filesystem.ts';
import { versionOf } from '../versions/version-of.ts';
import { cutSystem } from './cut-system.ts';
import { operations, stateAfter } from './operations.ts';
import { backends } from './store-kinds.ts';
import { StoreSandbox } from './store-sandbox.ts';

// Images in memory: what is tested is what is read, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** What was done to a store by hand. */
type Damage = {
  readonly name: string;
  readonly damage: (sandbox: StoreSandbox, backend: string) => void;
  /** What `fsck` says, among other things. */
  readonly says: RegExp;
  /** What then counts as somebody else's, since nothing proves what it is. */
  readonly disowns?: string;
  /** The state after the repair, where it is another than before. */
  readonly becomes?: (before: readonly string[]) => string[];
};

const inStore = (sandbox: StoreSandbox, ...names: string[]): string => join(sandbox.directory, ...names);
const ledger = (sandbox: StoreSandbox): string => inStore(sandbox, 'ledger.ndjson');
const tags = (sandbox: StoreSandbox, name: string): string => inStore(sandbox, 'volumes/db/tags', name);
const branches = (sandbox: StoreSandbox, name: string): string => inStore(sandbox, 'volumes/db/branches', name);
const without = (line: string) => (before: readonly string[]) => before.filter((one) => one !== line);

function unchanged(before: readonly string[]): string[] {
  return [...before];
}

function destroyByHand(path: string, backend: string): void {
  if (backend === 'btrfs') execFileSync('btrfs', ['-q', 'subvolume', 'delete', path]);
  else rmSync(path, { recursive: true });
}

const damages: readonly Damage[] = [
  {
    name: 'the ledger is lost',
    damage: (sandbox) => unlinkSync(ledger(sandbox)),
    says: /^repaired {2}ledger\.ndjson: .*ledger\.ndjson is not there$/m,
  },
  {
    name: 'a line of the ledger is damaged',
    damage: (sandbox) => changeByte(ledger(sandbox), 1000),
    says: /^repaired {2}ledger\.ndjson: .*line 4 is damaged: its checksum does not fit\nThe old ledger stays as ledger\.ndjson\.damaged-1$/m,
  },
  {
    name: 'the ledger lost its last lines',
    damage: (sandbox) => truncateToLines(ledger(sandbox), 12),
    says: /^repaired {2}ledger\.ndjson: it has lost lines: /m,
  },
  {
    name: 'the ledger is empty',
    damage: (sandbox) => truncateSync(ledger(sandbox), 0),
    says: /^repaired {2}ledger\.ndjson: .*line 1 is damaged: the ledger is empty$/m,
  },
  {
    name: 'the record of a tag is lost',
    damage: (sandbox) => unlinkSync(tags(sandbox, 'monday.json')),
    says: /^repaired {2}monday@db: its record is missing, or all is gone but its record$/m,
  },
  {
    name: 'the record of a tag is damaged',
    damage: (sandbox) => changeByte(tags(sandbox, 'monday.json'), 100),
    says: /^repaired {2}monday@db: its record is damaged$/m,
  },
  {
    name: 'the record of another tag was put in the place of one',
    damage: (sandbox) => copyFileSync(tags(sandbox, 'tuesday.json'), tags(sandbox, 'friday.json')),
    says: /^lost {2}friday@db: the ledger has it, and the storage does not$/m,
    disowns: 'friday@db',
    becomes: without('tag friday@db'),
  },
  {
    name: 'the record of a volume is lost',
    damage: (sandbox) => unlinkSync(inStore(sandbox, 'volumes/empty/volume.json')),
    says: /^repaired {2}empty: its record is missing$/m,
  },
  {
    name: 'a tag was deleted by hand',
    damage: (sandbox, backend) => {
      destroyByHand(tags(sandbox, 'tuesday'), backend);
      unlinkSync(tags(sandbox, 'tuesday.json'));
    },
    says: /^lost {2}tuesday@db: the ledger has it, and the storage does not$/m,
    becomes: without('tag tuesday@db'),
  },
  {
    name: 'a tag was deleted by hand, but not its record',
    damage: (sandbox, backend) => destroyByHand(tags(sandbox, 'tuesday'), backend),
    says: /^lost {2}tuesday@db: its record is missing, or all is gone but its record$/m,
    becomes: without('tag tuesday@db'),
  },
  {
    name: 'a branch was renamed by hand, with its record',
    damage: (sandbox) => {
      renameSync(branches(sandbox, 'try'), branches(sandbox, 'tried'));
      renameSync(branches(sandbox, 'try.json'), branches(sandbox, 'tried.json'));
    },
    says: /^repaired {2}db\/try: it lies in the storage as db\/tried$/m,
    becomes: (before) => before.map((line) => (line === 'branch db/try' ? 'branch db/tried' : line)).sort(),
  },
  {
    name: 'two branches changed names',
    damage: (sandbox) => {
      for (const end of ['', '.json']) {
        renameSync(branches(sandbox, `try${end}`), branches(sandbox, `x${end}`));
        renameSync(branches(sandbox, `main${end}`), branches(sandbox, `try${end}`));
        renameSync(branches(sandbox, `x${end}`), branches(sandbox, `main${end}`));
      }
    },
    says: /^error {2}db\/main: it lies in the storage as db\/try, where it cannot stay: move it back$/m,
  },
];

for (const { backend, filesystem } of backends) {
  for (const { name, damage, says, disowns, becomes = unchanged } of damages) {
    test(`${name} on ${backend}: fsck says so, and repairs what can be`, async () => {
      await withSandbox(filesystem, backend, async (sandbox) => {
        const before = sandbox.state();
        damage(sandbox, backend);
        const looked = await sandbox.run(['volume', 'fsck']);
        assert.equal(looked.status, 1, looked.stdout);
        const { status, stdout } = await sandbox.run(['volume', 'fsck', '--repair']);
        assert.match(stdout, says);
        assert.equal(status, says.source.startsWith('^error') ? 1 : 0, stdout);
        assert.deepEqual(sandbox.state(), becomes(before));
        if (status === 0) await checkUsable(sandbox, disowns === undefined ? [] : [disowns]);
      });
    });
  }

  test(`what a version needs and is gone is named on ${backend}, and no repair says that all is well`, async () => {
    await withSandbox(filesystem, backend, async (sandbox) => {
      mkdirSync(inStore(sandbox, 'versions'));
      const record = inStore(sandbox, 'versions/v.1.json');
      await sandbox.must('volume', 'create', 'system', '--class', 'system');
      await sandbox.must('volume', 'create', 'system/v.1');
      await sandbox.must('volume', 'tag', 'r1@system', 'system/v.1');
      await sandbox.must('volume', 'hold', 'r1@system', '--for', 'version:v.1');
      writeFileSync(record, versionToJson(versionOf('v.1', 'good', 1, { image: 'r1', bindings: { db: 'try' } })));
      assert.doesNotMatch(await sandbox.must('volume', 'fsck'), /^error/m);
      const kept = await sandbox.run(['volume', 'destroy', 'r1@system']);
      assert.match(kept.stderr, /^migrate: Cannot destroy r1@system: version v\.1 needs it\n {2}migrate prune /);
      for (const end of ['', '.json'])
        destroyByHand(inStore(sandbox, `volumes/system/tags/r1${end}`), end === '' ? backend : '');
      const { status, stdout } = await sandbox.run(['volume', 'fsck', '--repair']);
      assert.match(stdout, /^lost {2}r1@system: .*; it was held for version:v\.1$/m);
      assert.match(stdout, /^error {2}v\.1: it is good, and needs r1@system, which is gone$/m);
      assert.equal(status, 1);
      writeFileSync(record, versionToJson(versionOf('v.1', 'failed', 1, { image: 'r1', bindings: { db: 'try' } })));
      assert.doesNotMatch(await sandbox.must('volume', 'fsck'), /^error/m);
      await sandbox.must('volume', 'hold', 'system/v.1', '--for', 'version:v.1');
      unlinkSync(record);
      const held = await sandbox.run(['volume', 'fsck']);
      assert.match(
        held.stdout,
        /^error {2}system\/v\.1: it is held for version:v\.1, which has no record in versions$/m,
      );
      assert.equal(held.status, 1);
      writeFileSync(record, '{');
      const damaged = await sandbox.run(['volume', 'fsck']);
      assert.match(damaged.stdout, /^error {2}versions: .*v\.1\.json: it is not JSON$/m);
    });
  });

  test(`the ledger cut off behind every line on ${backend}, fsck brings back what there is`, async (t) => {
    await withSandbox(filesystem, backend, (sandbox) => cutBehindEveryLine(sandbox, t));
  });

  test(`what was begun on ${backend} is named by fsck, and finished or given up by a repair`, async (t) => {
    await withSandbox(filesystem, backend, (sandbox) => checkUnfinished(sandbox, t));
  });

  test(`case 125: an old ledger put back on ${backend}: nothing is made or removed before it is mended`, async () => {
    await withSandbox(filesystem, backend, checkOldLedger);
  });

  test(`what migrate did not make on ${backend} is named and left alone, also by a repair`, async () => {
    await withSandbox(filesystem, backend, checkForeign);
  });
}

test('what is in the way of finishing what was begun holds up nothing else', async () => {
  await withSandbox('btrfs', 'btrfs', async (sandbox) => {
    const cut = cutSystem({ at: 4, moment: 'before' });
    await sandbox.run(['volume', 'destroy', 'tuesday@db'], cut.system);
    assert.ok(cut.isDead() && !existsSync(tags(sandbox, 'tuesday.json')));
    mkdirSync(inStore(sandbox, 'mnt'));
    execFileSync('mount', ['--bind', tags(sandbox, 'tuesday'), inStore(sandbox, 'mnt')]);
    await sandbox.must('volume', 'create', 'other');
    for (const words of [
      ['destroy', 'tuesday@db'],
      ['tag', 'tuesday@db', 'db/main'],
      ['log', 'tuesday@db'],
    ]) {
      const { status, stderr } = await sandbox.run(['volume', ...words]);
      assert.equal(status, 1);
      assert.match(stderr, /Cannot use tuesday@db: an earlier remove of tuesday@db is not finished\n/);
    }
    assert.equal((await sandbox.run(['volume', 'fsck', '--repair'])).status, 1);
    assert.equal(readFileSync(tags(sandbox, 'tuesday/file'), 'utf8'), 'after monday');
    execFileSync('umount', [inStore(sandbox, 'mnt')]);
    await sandbox.must('volume', 'tag', 'tuesday@db', 'db/main');
    assert.equal(sandbox.read('tuesday@db', 'file'), 'after friday');
    assert.deepEqual(sandbox.problems(), []);
  });
});

test('a tag that came back with its record is taken back', async () => {
  await withSandbox('btrfs', 'btrfs', async (sandbox) => {
    const kept = readFileSync(tags(sandbox, 'tuesday.json'));
    execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', '-r', tags(sandbox, 'tuesday'), inStore(sandbox, 'kept')]);
    const before = sandbox.state();
    await sandbox.must('volume', 'destroy', 'tuesday@db');
    execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', '-r', inStore(sandbox, 'kept'), tags(sandbox, 'tuesday')]);
    writeFileSync(tags(sandbox, 'tuesday.json'), kept);
    assert.match(await sandbox.must('volume', 'fsck', '--repair'), /^repaired {2}tuesday@db: it has a record of this/m);
    assert.deepEqual(sandbox.state(), before);
    assert.equal(sandbox.read('tuesday@db', 'file'), 'after monday');
  });
});

test('a copy that somebody made of a tag and its record is no tag', async () => {
  await withSandbox('btrfs', 'btrfs', async (sandbox) => {
    const before = sandbox.state();
    execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', '-r', tags(sandbox, 'monday'), tags(sandbox, 'copy')]);
    copyFileSync(tags(sandbox, 'monday.json'), tags(sandbox, 'copy.json'));
    const said = await sandbox.must('volume', 'fsck', '--repair');
    assert.match(said, /^notice {2}copy@db: a copy of monday@db that migrate did not make; it is left alone$/m);
    assert.deepEqual(sandbox.state(), before);
    rmSync(ledger(sandbox));
    await sandbox.must('volume', 'fsck', '--repair');
    assert.deepEqual(sandbox.state(), before);
  });
});

test('a tag with the record of another store is not taken for one of this', async () => {
  await withSandbox('btrfs', 'btrfs', async (sandbox) => {
    const other = tags(sandbox, 'monday');
    await sandbox.renew();
    execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', '-r', other, tags(sandbox, 'brought')]);
    copyFileSync(`${other}.json`, tags(sandbox, 'brought.json'));
    const { stdout } = await sandbox.run(['volume', 'fsck']);
    assert.match(stdout, /^notice {2}brought@db: its record is of another store, so migrate did not make it/m);
  });
});

async function withSandbox(
  filesystem: FilesystemKind,
  backend: string,
  body: (sandbox: StoreSandbox) => Promise<void>,
): Promise<void> {
  await withFilesystem(filesystem, async (mountpoint) => {
    const sandbox = new StoreSandbox(mountpoint, backend);
    await sandbox.renew();
    await body(sandbox);
  });
}

/** The store can be changed again, nothing of somebody else was touched, and what it keeps has its content. */
async function checkUsable(sandbox: StoreSandbox, disowned: readonly string[]): Promise<void> {
  assert.deepEqual(sandbox.problems(disowned), []);
  await sandbox.must('volume', 'tag', 'later@db', 'db/main');
  assert.equal(sandbox.read('monday@db', 'file'), 'first');
  assert.match((await sandbox.run(['volume', 'destroy', 'monday@db'])).stderr, /it is held for user/);
}

async function checkUnfinished(sandbox: StoreSandbox, t: TestContext): Promise<void> {
  let named = 0;
  for (const operation of operations.filter(({ name }) => name === 'branch from a tag' || name === 'destroy a tag')) {
    for (let at = 2; ; at++) {
      await sandbox.renew();
      const before = sandbox.state();
      const cut = cutSystem({ at, moment: 'before' });
      await sandbox.run(operation.words, cut.system);
      if (!cut.isDead()) break;
      const looked = await sandbox.run(['volume', 'fsck']);
      assert.match(looked.stdout, /^error {2}(db\/new|tuesday@db): line \d+ began to (snapshot|remove) it$/m);
      assert.equal(looked.status, 1);
      named += 1;
      assert.match(await sandbox.must('volume', 'fsck', '--repair'), /^repaired {2}\S+: line \d+ began to /m);
      const states = [before, stateAfter(before, operation)].map((state) => state.join('\n'));
      assert.ok(states.includes(sandbox.state().join('\n')), `cut off at ${at}`);
      assert.deepEqual(sandbox.problems(), []);
    }
  }
  t.diagnostic(`named ${named} times`);
  assert.ok(named > 5);
}

async function cutBehindEveryLine(sandbox: StoreSandbox, t: TestContext): Promise<void> {
  const before = sandbox.state();
  const whole = readFileSync(ledger(sandbox), 'latin1');
  const lines = whole.split('\n').slice(0, -1);
  for (let count = 0; count < lines.length; count++) {
    writeFileSync(
      ledger(sandbox),
      lines
        .slice(0, count)
        .map((line) => `${line}\n`)
        .join(''),
    );
    await sandbox.must('volume', 'fsck', '--repair');
    assert.deepEqual(sandbox.state(), before, `after ${count} lines`);
    assert.deepEqual(sandbox.problems(), []);
  }
  t.diagnostic(`${lines.length} lines`);
}

async function checkOldLedger(sandbox: StoreSandbox): Promise<void> {
  const old = readFileSync(ledger(sandbox));
  await sandbox.must('volume', 'tag', 'new@db', 'db/main');
  await sandbox.must('volume', 'hold', 'new@db');
  const before = sandbox.state();
  const objects = readdirSync(inStore(sandbox, 'volumes/db/tags'));
  writeFileSync(ledger(sandbox), old);
  for (const words of [
    ['gc', '--keep-last', '1'],
    ['destroy', 'tuesday@db'],
    ['create', 'db/other'],
    ['create', 'more'],
  ]) {
    const { status, stderr } = await sandbox.run(['volume', ...words]);
    assert.equal(status, 1);
    assert.match(stderr, /ledger\.ndjson has lost lines: new@db is of line/);
  }
  assert.deepEqual(readdirSync(inStore(sandbox, 'volumes/db/tags')), objects);
  await sandbox.must('volume', 'fsck', '--repair');
  assert.deepEqual(sandbox.state(), before);
  await sandbox.must('volume', 'gc', '--keep-last', '1');
  assert.deepEqual(sandbox.problems(), []);
  assert.ok(sandbox.state().includes('tag new@db held for user'));
}

async function checkForeign(sandbox: StoreSandbox): Promise<void> {
  mkdirSync(tags(sandbox, 'images'));
  writeFileSync(tags(sandbox, 'images/precious'), 'data');
  const said = await sandbox.must('volume', 'fsck', '--repair');
  for (const name of ['db/directory', 'db/theirs', 'stray@db', 'images@db']) {
    assert.ok(said.includes(`notice  ${name}: it has no record, so migrate did not make it; it is left alone`), said);
  }
  for (const words of [
    ['create', 'db/theirs'],
    ['branch', 'db/directory', 'db/main'],
    ['tag', 'images@db', 'db/main'],
  ]) {
    const { status, stderr } = await sandbox.run(['volume', ...words]);
    assert.equal(status, 2);
    assert.match(stderr, /something that migrate did not make lies in its place/);
  }
  assert.match((await sandbox.run(['volume', 'destroy', 'db/theirs'])).stderr, /Cannot find the branch db\/theirs/);
  await sandbox.must('volume', 'gc', '--keep-last', '1');
  assert.equal(readFileSync(tags(sandbox, 'images/precious'), 'utf8'), 'data');
  rmSync(tags(sandbox, 'images'), { recursive: true });
  assert.deepEqual(sandbox.problems(), []);
}

function changeByte(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(file, bytes);
}

function truncateToLines(file: string, count: number): void {
  const lines = readFileSync(file, 'latin1').split('\n').slice(0, count);
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
}
