import assert from 'node:assert/strict';
import { test } from 'node:test';
import { versionFromJson } from '../../src/domain/version-json.ts';
import { btrfsBackend } from '../../src/storage/btrfs/backend.ts';
import { system, withStore } from '../storage/objects.ts';
import { makeVersions } from '../versions/store-of-versions.ts';
import type { Ended } from './run-migrate.ts';
import { bootedAs, migrateBooted } from './stores.ts';

type Run = (...args: readonly string[]) => Ended;

/** Runs the body with a store of four versions, the last of which was booted. */
function withFour(body: (run: Run, directory: string) => void): Promise<void> {
  return withStore(btrfsBackend, 'btrfs', ({ directory }) => {
    makeVersions(btrfsBackend, directory, ['retired', 'retired', 'retired', 'good']);
    body((...args) => migrateBooted(bootedAs('v.4'), [...args, '--store', directory]), directory);
  });
}

function isPinned(directory: string, id: string): boolean {
  return versionFromJson(system.readFile(`${directory}/versions/${id}.json`), id).pinned;
}

test('migrate prune says of every version why it stays or goes, and what goes with it; --dry-run changes nothing', async () => {
  await withFour((run) => {
    const versions = run('versions').stdout;
    const dry = run('prune', '--keep', '1', '--dry-run');
    assert.deepEqual([dry.status, dry.stderr], [0, '']);
    assert.deepEqual(dry.stdout.split('\n'), [
      'v.4  stays     it runs; it is good; it is one of the newest 1 that were good',
      'v.3  stays     it is the last fallback',
      'v.2  would go  it is none of the newest 1 that were good',
      'v.1  would go  it is none of the newest 1 that were good',
      'Would remove (8)',
      '  system/v.2',
      '  born-v.2@system',
      '  settings/v.2',
      '  image-2@system',
      '  system/v.1',
      '  born-v.1@system',
      '  settings/v.1',
      '  image-1@system',
      '',
    ]);
    assert.equal(run('versions').stdout, versions);
    const done = run('prune', '--keep', '1');
    assert.deepEqual([done.status, done.stderr], [0, '']);
    assert.match(done.stdout, /^v\.1 {2}goes {3}it is none .*\nRemoved \(8\)$/m);
    assert.equal(run('versions').stdout.split('\n').length, 3);
    assert.deepEqual(JSON.parse(run('prune', '--keep', '1', '--json').stdout), {
      schema: 'migrate.prune/1',
      dryRun: false,
      versions: [
        {
          version: 'v.4',
          state: 'good',
          stays: true,
          why: ['it runs', 'it is good', 'it is one of the newest 1 that were good'],
        },
        { version: 'v.3', state: 'retired', stays: true, why: ['it is the last fallback'] },
      ],
      images: [],
      removed: [],
      kept: [],
      refused: [],
      leftOvers: [],
    });
  });
});

test('migrate pin keeps a version from going, and unpin lets it go', async () => {
  await withFour((run, directory) => {
    const pinned = run('pin', 'v.1');
    assert.deepEqual([pinned.status, pinned.stdout], [0, 'v.1 is now pinned\n']);
    assert.equal(run('pin', 'v.1').stdout, 'v.1 was already pinned\n');
    assert.match(run('versions').stdout, /^\* {2}v\.1 .* pinned$/m);
    assert.match(run('prune', '--keep', '0').stdout, /^v\.1 {2}stays {2}it is pinned$/m);
    assert.ok(isPinned(directory, 'v.1'));
    const json = run('unpin', 'v.1', '--json');
    assert.deepEqual(JSON.parse(json.stdout), {
      schema: 'migrate.pin/1',
      version: 'v.1',
      pinned: false,
      changed: true,
    });
    assert.match(run('prune', '--keep', '0').stdout, /^v\.1 {2}goes /m);
    const unknown = run('pin', 'v.1');
    assert.equal(unknown.status, 2);
    assert.match(unknown.stderr, /The store has no version "v\.1": it has v\.3, v\.4/);
  });
});

test('case 107: where it is not known which version runs, migrate prune lets nothing go that ever was good', async () => {
  await withStore(btrfsBackend, 'btrfs', ({ directory }) => {
    makeVersions(btrfsBackend, directory, ['retired', 'retired', 'good']);
    const { status, stdout } = migrateBooted(null, ['prune', '--keep', '0', '--store', directory]);
    assert.equal(status, 0);
    assert.match(stdout, /^v\.1 {2}stays {2}it is not known which version runs$/m);
    // What the initramfs wrote cannot be read: nothing is decided on it.
    const damaged = migrateBooted('{', ['prune', '--store', directory]);
    assert.deepEqual([damaged.status, damaged.stdout], [1, '']);
  });
});

test('a number of versions to keep that is none is refused', async () => {
  await withFour((run) => {
    for (const keep of [
      ['--keep', 'many'],
      ['--keep=-1'],
      ['--keep', '1.5'],
      ['--keep', '1', '--keep', '2'],
      ['--keep='],
    ]) {
      const { status, stderr } = run('prune', ...keep);
      assert.equal(status, 2, keep.join(' '));
      assert.match(stderr, /--keep (takes one whole number|is empty)/);
    }
  });
});
