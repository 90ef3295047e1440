import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { VersionBoot } from '../../src/domain/version.ts';
import { versionDocument } from '../../src/domain/version-json.ts';
import { transition } from '../../src/versions/states.ts';
import { versionOf } from '../versions/version-of.ts';
import { migrate } from './run-migrate.ts';
import { bootedAs, migrateBooted, withVersions } from './stores.ts';

function bootOf(device: string): VersionBoot {
  return {
    kernel: '/vmlinuz',
    initrd: '/initrd.img',
    secondInitrd: null,
    commandLine: 'rw',
    kernelRelease: '6.12.57',
    root: { device, subvolume: null },
    unknown: {},
  };
}

const bookworm = versionOf('bookworm.1', 'retired', 1, { image: 'bookworm', pinned: true, boot: bootOf('LABEL=OLD') });
const trixie = versionOf('trixie.2', 'good', 2, { image: 'trixie', parent: 'bookworm.1' });
const tried = versionOf('trixie-2.3', 'failed', 3, {
  image: 'trixie-2',
  parent: 'trixie.2',
  reason: 'no space é\u001b',
});
const armed = versionOf('trixie-3.4', 'armed', 4, { image: 'trixie-3', parent: 'trixie.2' });
const all = [bookworm, trixie, tried, armed];

test('migrate versions draws what came from what, with state, image and date, and marks what runs', () => {
  withVersions(all, (store) => {
    const { status, stdout, stderr } = migrateBooted(bootedAs('trixie.2'), ['versions', '--store', store]);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.deepEqual(Buffer.from(stdout, 'latin1').toString('utf8').split('\n'), [
      '*    trixie-3.4  armed      trixie-3  2026-02-10 12:00',
      '│ *  trixie-2.3  failed     trixie-2  2026-01-31 12:00  no space é\\x1b',
      '├─┘',
      '*    trixie.2    good       trixie    2026-01-21 12:00  running',
      '*    bookworm.1  retired    bookworm  2026-01-11 12:00  pinned',
      '',
    ]);
  });
});

test('migrate versions --json prints the records as they are, newest first', () => {
  withVersions(all, (store) => {
    const { status, stdout } = migrateBooted(bootedAs('trixie.2'), ['versions', '--json', '--store', store]);
    assert.equal(status, 0);
    assert.deepEqual(JSON.parse(Buffer.from(stdout, 'latin1').toString('utf8')), {
      schema: 'migrate.versions/1',
      running: 'trixie.2',
      versions: JSON.parse(JSON.stringify(all.toReversed().map(versionDocument))),
      problems: [],
    });
  });
});

test('a record that cannot be read is named, the others are shown all the same, and the program fails', () => {
  withVersions([bookworm], (store) => {
    writeFileSync(join(store, 'versions/torn.json'), '{');
    const { status, stdout, stderr } = migrateBooted(null, ['versions', '--store', store]);
    assert.equal(status, 1);
    assert.match(stdout, /bookworm\.1/);
    assert.match(stderr, /^migrate: Cannot read the version in .*torn\.json: it is not JSON$/m);
  });
});

test('the store is named by the option, else by MIGRATE_STORE, else it is the usual one', () => {
  withVersions(all, (store) => {
    const environment = { MIGRATE_STORE: store };
    assert.match(migrateBooted(null, ['versions'], environment).stdout, /trixie\.2/);
    const other = migrateBooted(null, ['versions', '--store', '/nowhere'], environment);
    assert.equal(other.status, 2);
    assert.match(
      other.stderr,
      /There is no store in \/nowhere: it does not exist\n {2}Name the directory with --store DIR/,
    );
    assert.match(migrateBooted(null, ['versions', '--store', '/etc']).stderr, /There is no store in \/etc: it has no/);
    const none = migrateBooted(null, ['versions']);
    assert.match(none.stderr, /There is no store in \/run\/migrate\/store: it does not exist/);
    assert.match(migrate(['versions', '--store', '']).stderr, /--store is empty/);
  });
});

test('migrate status tells what runs, what comes next, how it ended last and what waits', () => {
  withVersions(all, (store) => {
    const { status, stdout } = migrateBooted(bootedAs('trixie.2'), ['status', '--store', store]);
    assert.equal(status, 0);
    assert.deepEqual(stdout.split('\n'), [
      'Running       trixie.2, good since 2026-01-26 12:00, made from trixie',
      'Next boot     trixie-3.4 is armed, made from trixie-3',
      'Last outcome  trixie-2.3 became failed on 2026-02-05 12:00: for the test',
      '',
    ]);
  });
});

test('case 105: what was found of this start is told by status, which then fails', () => {
  withVersions([trixie, versionOf('trixie-3.4', 'trial', 4, { image: 'trixie-3', parent: 'trixie.2' })], (store) => {
    const foundAs = (found: object, running: string) =>
      migrateBooted(
        bootedAs(running),
        ['status', '--store', store],
        {},
        JSON.stringify({ schema: 'migrate.start-found/1', uncounted: null, unsettled: null, ...found }),
      );
    const uncounted = { uncounted: 'systemd-boot has not counted it' };
    for (const found of [uncounted, { unsettled: 'systemd-boot has not counted it' }]) {
      const { status, stdout } = foundAs(found, armed.id);
      assert.equal(status, 1);
      assert.match(stdout, /^Loader {8}systemd-boot has not counted it$/m);
    }
    assert.equal(foundAs({}, armed.id).status, 0);
    // It is good by now.
    assert.equal(foundAs(uncounted, trixie.id).status, 0);
    const { status, stderr } = foundAs({ schema: 'other' }, trixie.id);
    assert.equal(status, 1);
    assert.match(stderr, /start-found\.json is not as migrate writes it/);
  });
});

test('case 105: where nothing tells what was found of this start, the kernel command line does', () => {
  const onTrial = versionOf('trixie-3.4', 'trial', 4, { image: 'trixie-3', parent: 'trixie.2' });
  withVersions([trixie, onTrial], (store) => {
    const startedBy = (line: string, running: string, found = '') =>
      migrateBooted(bootedAs(running), ['status', '--store', store], {}, found, line);
    // Its operator starts a machine whose store knows of no loader.
    assert.equal(startedBy('quiet', onTrial.id).status, 0);
    const loader = { schema: 'migrate.loader/1', kind: 'grub', device: 'LABEL=BOOT', path: 'migrate', tries: 2 };
    writeFileSync(join(store, 'loader.json'), JSON.stringify(loader));
    const uncounted =
      /^Loader {8}the loader has not counted this start of trixie-3\.4, which is on trial: migrate\.why=try is not/m;
    for (const found of ['', '{', '{"schema":"other"}']) {
      for (const line of ['quiet', 'migrate.why=stable']) {
        const { status, stdout, stderr } = startedBy(line, onTrial.id, found);
        assert.equal(status, 1);
        assert.match(stdout, uncounted);
        assert.equal(/start-found\.json is not/.test(stderr), found !== '');
      }
      assert.doesNotMatch(startedBy('migrate.why=try', onTrial.id, found).stdout, /^Loader/m);
      assert.doesNotMatch(startedBy('quiet', trixie.id, found).stdout, /^Loader/m);
      const readOnly = startedBy('migrate.why=env-readonly', trixie.id, found);
      assert.match(readOnly.stdout, /^Loader {8}the loader could not write its count at this start/m);
    }
    assert.equal(startedBy('migrate.why=try', onTrial.id).status, 0);
  });
});

test('case 111: starts that could not be told are told by status while they last', () => {
  withVersions([trixie], (store) => {
    const keep = (starts: number, schema = 'migrate.starts-anew/1'): void => {
      mkdirSync(join(store, 'failures/trixie.2'), { recursive: true });
      const known = { schema, starts, at: '2026-03-01T10:30:00Z', why: 'read /x: EIO\u001b' };
      writeFileSync(join(store, 'failures/trixie.2/starts-anew.json'), JSON.stringify(known));
    };
    const done = (...args: readonly string[]): string => {
      const { status, stdout, stderr } = migrateBooted(bootedAs('trixie.2'), [...args, '--store', store]);
      assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
      return stdout;
    };
    assert.doesNotMatch(done('status'), /Started anew/);
    keep(1);
    assert.match(done('status'), /^Started anew {2}trixie\.2, once, last on 2026-03-01 10:30: read \/x: EIO\\x1b$/m);
    keep(2);
    assert.match(done('status'), /^Started anew {2}trixie\.2, 2 times in a row, last on /m);
    assert.deepEqual(JSON.parse(done('status', '--json')).startsAnew, [
      { version: 'trixie.2', starts: 2, at: '2026-03-01T10:30:00Z', why: 'read /x: EIO\u001b' },
    ]);
    for (const [starts, schema] of [[0], [2, 'other'], [-1], [0.5]] as const) {
      keep(starts, schema);
      assert.doesNotMatch(done('status'), /Started anew/);
    }
  });
});

test('a version that waits for an answer is shown with what it waits for, and the exit code says so', () => {
  const occasion = { order: 99, at: '2026-03-01T10:30:00Z', why: 'an answer to x' };
  const waiting = transition(versionOf('v.5', 'migrating', 5, { deferred: ['pg.data'] }), 'waiting', occasion);
  withVersions([trixie, waiting], (store) => {
    const { status, stdout } = migrateBooted(bootedAs('trixie.2'), ['status', '--store', store]);
    assert.equal(status, 3);
    assert.match(stdout, /^Waiting {7}v\.5: an answer to x$/m);
    assert.match(stdout, /^Deferred {6}pg\.data of v\.5$/m);
    const { stdout: json } = migrateBooted(bootedAs('trixie.2'), ['status', '--json', '--store', store]);
    const document = JSON.parse(json);
    assert.deepEqual(document.waiting, [{ version: 'v.5', reason: 'an answer to x' }]);
    assert.deepEqual(document.deferred, [{ version: 'v.5', step: 'pg.data' }]);
    assert.deepEqual(document.next, { version: 'v.5', state: 'waiting' });
    assert.deepEqual(document.last, { version: 'v.5', state: 'waiting', at: occasion.at, why: occasion.why });
  });
});

test('after a fallback the version with the root that was booted runs, and the reason is shown', () => {
  withVersions(all, (store) => {
    const fallback = (root: string): string =>
      migrateBooted(bootedAs(null, 'fallback', root), ['status', '--store', store]).stdout;
    assert.match(fallback('LABEL=OLD'), /^Running +bookworm\.1, retired .*, after a fallback: no space is left$/m);
    assert.match(
      fallback('LABEL=ELSE'),
      /^Running +not known: this boot fell back to a root that is of no one version$/m,
    );
  });
});

test('what is not known of the boot is said, and a damaged record of it fails', () => {
  withVersions(all, (store) => {
    const status = (booted: string | null): ReturnType<typeof migrate> =>
      migrateBooted(booted, ['status', '--store', store]);
    assert.match(status(null).stdout, /^Running +not known: the initramfs of this boot left no record$/m);
    assert.match(status(bootedAs('x.9')).stdout, /^Running +x\.9, which the store does not know$/m);
    for (const damaged of ['{', '{}', '[]', bootedAs('x.9').replace('committed', 'maybe')]) {
      const { status: code, stderr } = status(damaged);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /Cannot tell which version runs: \/run\/migrate\/booted\.json is not as the initramfs writes it/,
      );
    }
  });
});
