import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemPlace } from '../../../src/flows/staging/change-version.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { objectAt, volumeNamed } from '../../../src/store/ledger-state.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { sampleTree } from '../../images/sample-tree.ts';
import { treeAt } from '../../images/unpacking.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import { writeTree } from '../../property/write-tree.ts';
import { system } from '../../storage/objects.ts';
import { placeOf } from '../../versions/store-of-versions.ts';
import { type Machine, makeImage, update, withMachine } from './machine.ts';

/** Puts one of everything that an image may hold into the root of the machine. */
function fillRoot({ root }: Machine): void {
  const files = system.openRoot(join(root, 'srv'));
  writeTree(files, sampleTree());
  files.close();
}

const withServices = 'mkdir srv';

test('cases 7, 34, 37, 39, 40: what migrate export writes, migrate stage reads back the same', async () => {
  await withMachine((machine) => {
    const { scratch, store, done } = machine;
    fillRoot(machine);
    const file = join(scratch, 'a: name.tar.zst');
    assert.match(done('export', 'one.1', file), /^Exported system\/one\.1 to .*: name\.tar\.zst, \d/);
    assert.equal(lstatSync(file).mode & 0o777, 0o600);
    assert.equal(machine.run('stage', file, '--name', 'back', '--parent', 'one.1', '--no-arm').status, 0);
    const [back, exported] = [join(store, 'volumes/system/tags/back'), machine.rootOf('one.1')];
    assert.deepEqual(describeDifferences(treeAt(back), treeAt(exported), new Set()), []);
  }, withServices);
});

test('migrate export packs as the ending says, and one root gives one archive', async () => {
  await withMachine((machine) => {
    const { scratch, done } = machine;
    const content = ['.tar', '.tar.gz', '.tar.xz', '.tar.zst'].map((ending) => {
      done('export', 'one', join(scratch, `image${ending}`));
      return execFileSync('tar', ['-tf', join(scratch, `image${ending}`)], { encoding: 'utf8' });
    });
    assert.equal(new Set(content).size, 1);
    done('export', 'one', join(scratch, 'again.tar'));
    assert.ok(readFileSync(join(scratch, 'again.tar')).equals(readFileSync(join(scratch, 'image.tar'))));
    for (const name of ['image.zip', '.tar', 'tar']) {
      const { status, stderr } = machine.run('export', 'one', join(scratch, name));
      assert.equal(status, 2);
      assert.match(stderr, name === '.tar' ? /Cannot tell how to pack/ : /its name has to end in \.tar, \.tar\.zst/);
    }
    for (const directory of [join(scratch, 'missing'), join(scratch, 'image.tar')]) {
      const { status, stderr } = machine.run('export', 'one', join(directory, 'one.tar'));
      const said = `Cannot export to ${directory}/one.tar: there is no directory ${directory}/\n`;
      assert.deepEqual([status, stderr.startsWith(`migrate: ${said}`)], [2, true], stderr);
      assert.match(stderr, /Make it first, with mkdir -p /);
    }
  });
});

test('a branch is exported as it was at one moment, whoever writes to it, and no tag of that is left', async () => {
  await withMachine(async ({ scratch, root, done, run }) => {
    execFileSync('bash', ['--norc', '-euc', 'head -c 100000000 /dev/urandom > log'], { cwd: join(root, 'srv') });
    const before = done('volume', 'ls');
    // tar fails where a file changes while it reads it.
    const writer = spawn(
      'bash',
      ['--norc', '-euc', `while [ ! -e "$0/stop" ]; do echo more >> srv/log; done`, scratch],
      {
        cwd: root,
      },
    );
    const { status, stderr } = run('export', 'one.1', join(scratch, 'live.tar'));
    writeFileSync(join(scratch, 'stop'), '');
    await once(writer, 'exit');
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.equal(done('volume', 'ls'), before);
  }, withServices);
});

test('what an export that was killed has left in the store goes with the next', async () => {
  await withMachine(({ scratch, store, done }) => {
    const before = done('volume', 'ls');
    changeStore(placeOf(btrfsBackend, store), (opened) => {
      const volume = volumeNamed(opened.state, 'system');
      const from = objectAt(opened.state, systemPlace('branch', 'one.1'))?.record ?? null;
      assert.ok(volume !== null);
      makeObject(opened, { volume, kind: 'tag', name: 'exporting-7', from, notes: { purpose: 'exporting' } });
    });
    assert.notEqual(done('volume', 'ls'), before);
    writeFileSync(join(scratch, 'one.tar.partial'), 'half');
    done('export', 'one.1', join(scratch, 'one.tar'));
    assert.equal(done('volume', 'ls'), before);
    assert.deepEqual(readdirSync(scratch), ['one', 'one.tar']);
  });
});

test('migrate export replaces nothing without --force, and leaves nothing of an archive that is not whole', async () => {
  await withMachine((machine) => {
    const { scratch, run, done } = machine;
    const file = join(scratch, 'one.tar.zst');
    writeFileSync(file, 'mine');
    const refused = run('export', 'one.1', file);
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    assert.match(refused.stderr, /Cannot export to .*one\.tar\.zst: something is there/);
    assert.equal(readFileSync(file, 'utf8'), 'mine');
    done('export', 'one.1', file, '--force');
    assert.notEqual(readFileSync(file, 'latin1').slice(0, 4), 'mine');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(scratch, 'one/srv')]);
    const before = done('volume', 'ls');
    const full = run('export', 'one.1', join(scratch, 'one/srv/one.tar'));
    assert.deepEqual([full.status, full.stdout], [1, '']);
    assert.match(full.stderr, /Cannot export to .*\/one\.tar: no space left on its filesystem/);
    assert.deepEqual(readdirSync(join(scratch, 'one/srv')), []);
    assert.equal(done('volume', 'ls'), before);
  }, `${withServices}; head -c 3000000 /dev/urandom > srv/large`);
});

test('migrate export --as-image leaves out what would keep a version from being made of it, and nothing else', async () => {
  await withMachine((machine) => {
    const { scratch, store, done } = machine;
    execFileSync('bash', ['--norc', '-euc', 'echo atlas > etc/hostname'], { cwd: machine.root });
    const two = update(
      machine,
      makeImage(machine, 'two', 'mkdir -p srv/var/lib/migrate; touch srv/var/lib/migrate/plan.json'),
      { to: 'good' },
    );
    assert.ok(existsSync(join(machine.rootOf(two), 'var/lib/migrate/outcome.json')));
    const file = join(scratch, 'master.tar.zst');
    done('export', two, file, '--as-image');
    machine.run('stage', file, '--name', 'master', '--parent', two, '--no-arm');
    const master = join(store, 'volumes/system/tags/master');
    const lacks = describeDifferences(treeAt(master), treeAt(machine.rootOf(two)), new Set());
    assert.deepEqual(
      lacks,
      ['ours.json', 'outcome.json', 'plan.json'].map((name) => `/var/lib/migrate/${name}: missing, should be file`),
    );
  });
});
