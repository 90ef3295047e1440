import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type RestoreRequest, restorePath } from '../../../src/flows/restore/restore-path.ts';
import type { RestoreProgress } from '../../../src/flows/restore/tally.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { sampleTree } from '../../images/sample-tree.ts';
import { treeAt } from '../../images/unpacking.ts';
import { describeDifferences } from '../../property/describe-differences.ts';
import { nodeAt } from '../../property/tree-node.ts';
import { writeTree } from '../../property/write-tree.ts';
import { system } from '../../storage/objects.ts';
import { placeOf } from '../../versions/store-of-versions.ts';
import { type Machine, makeImage, update, withMachine } from './machine.ts';

function sh(directory: string, script: string): string {
  return execFileSync('bash', ['--norc', '-euc', script], { cwd: directory, encoding: 'utf8' });
}

/** A directory that stands for the system to restore to, with accounts of its own. */
function target({ scratch }: Machine, script = ''): string {
  sh(
    scratch,
    'mkdir -p target/etc target/var/lib; echo root:x:0:0::/: > target/etc/passwd; echo root:x:0: > target/etc/group',
  );
  sh(join(scratch, 'target'), script);
  return join(scratch, 'target');
}

test('migrate restore gets back what a migration discarded, from the version, its old one and its images', async () => {
  await withMachine((machine) => {
    const { done } = machine;
    sh(machine.root, 'echo mine > etc/motd');
    const two = update(machine, makeImage(machine, 'two'));
    const root = target(machine);
    const restored = (...args: readonly string[]): string => {
      done('restore', '/etc/motd', '--root', root, '--force', ...args);
      return readFileSync(join(root, 'etc/motd'), 'utf8');
    };
    assert.equal(restored('--from', two), 'mine\n');
    assert.equal(restored('--from', two, '--what', 'ours'), 'mine\n');
    assert.equal(restored('--from', two, '--what', 'theirs'), 'welcome to two\n');
    assert.equal(restored('--from', two, '--what', 'base'), 'welcome to one\n');
    assert.equal(restored('--from', 'two'), 'welcome to two\n');
    assert.equal(restored('--from', 'one@system'), 'welcome to one\n');
    assert.equal(restored('--from', 'system/one.1'), 'mine\n');
    assert.equal(
      done('restore', '/etc/motd', '--root', root, '--from', 'two', '--to', '/etc/motd.two'),
      'Restored /etc/motd from two@system to /etc/motd.two: 1 entry, 15 bytes\n',
    );
    for (const [args, says] of [
      [['--from', 'one.1', '--what', 'ours'], /one\.1 was made without an old version/],
      [['--from', 'two', '--what', 'ours'], /--what ours is for a version, and two is none/],
      [['--from', 'nine'], /There is neither a version nor an image "nine"/],
      [['--from', two, '--from', two], /--from is given 2 times/],
    ] as const) {
      const { status, stdout, stderr } = machine.run('restore', '/etc/motd', '--root', root, ...args);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, says);
    }
  });
});

test('cases 34, 37, 39, 40, 130: a directory comes back with all there is to it, in parents like its own', async () => {
  await withMachine((machine) => {
    const files = system.openRoot(join(machine.root, 'srv/deep'));
    writeTree(files, sampleTree());
    files.close();
    sh(machine.root, 'chmod 0711 srv; chown 33:33 srv; chattr +i srv/deep/etc/passwd; chattr +i srv/deep');
    const root = target(machine);
    const json = JSON.parse(machine.done('restore', '/srv/deep/', '--root', root, '--from', 'one.1', '--json'));
    assert.deepEqual(
      [json.schema, json.path, json.replaced, json.notes],
      ['migrate.restored/1', '/srv/deep', null, []],
    );
    const [made, wanted] = [join(root, 'srv/deep'), join(machine.root, 'srv/deep')];
    assert.deepEqual(describeDifferences(treeAt(made), treeAt(wanted), new Set()), []);
    assert.deepEqual([nodeAt(treeAt(root), '/srv')?.mode, nodeAt(treeAt(root), '/srv')?.uid], [0o711, 33]);
    sh(root, 'chattr -i srv/deep srv/deep/etc/passwd');
    sh(machine.root, 'chattr -i srv/deep srv/deep/etc/passwd');
  }, 'mkdir -p srv/deep');
});

test('case 130: owners are restored by their names, in access lists too; those that are not here are named', async () => {
  const script = `
    echo 'db:x:70:70::/:/bin/false' >> etc/passwd; echo 'db:x:70:' >> etc/group
    echo 'gone:x:71:71::/:/bin/false' >> etc/passwd
    mkdir -p srv; echo a > srv/a; setfacl -m u:70:r srv/a; chown 70:70 srv/a; chmod u+s srv/a; echo b > srv/b; chown 71 srv/b`;
  await withMachine((machine) => {
    const root = target(
      machine,
      "echo 'db:x:170:171::/:/bin/false' >> etc/passwd; echo 'db:x:171:' >> etc/group; echo 'other:x:71:71::/:/bin/sh' >> etc/passwd",
    );
    const text = machine.done('restore', '/srv', '--root', root, '--from', 'one');
    assert.match(text, /^note: there is no user gone here: its number 71 is kept, which stands for other here$/m);
    assert.equal(
      sh(root, 'stat -c %u:%g:%a srv/a; getfacl -nc srv/a | grep user:1').trim(),
      '170:171:4644\nuser:170:r--',
    );
    assert.equal(lstatSync(join(root, 'srv/b')).uid, 71);
  }, script);
});

test('migrate restore overwrites nothing without --force, and with it keeps what was there away from where programs look', async () => {
  await withMachine((machine) => {
    const root = target(
      machine,
      'mkdir -p etc/ssh; echo now > etc/ssh/sshd_config; echo x > etc/ssh/other; ln etc/ssh/other etc/ssh/link; chmod 600 etc/ssh/other',
    );
    const restore = (...args: readonly string[]) =>
      machine.run('restore', '/etc/ssh', '--root', root, '--from', 'one.1', ...args);
    const before = treeAt(root);
    const refused = restore();
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    assert.match(refused.stderr, /Cannot restore to \/etc\/ssh: a directory is there/);
    assert.deepEqual(describeDifferences(treeAt(root), before, new Set()), []);
    const forced = restore('--force');
    assert.equal(forced.status, 0, forced.stderr);
    assert.match(forced.stdout, /^What was there is kept in \/var\/lib\/migrate\/replaced\/1\/etc\/ssh$/m);
    assert.deepEqual(readdirSync(join(root, 'etc')).toSorted(), ['group', 'passwd', 'ssh']);
    assert.deepEqual(readdirSync(join(root, 'etc/ssh')), ['sshd_config']);
    const [kept, was] = [
      nodeAt(treeAt(join(root, 'var/lib/migrate/replaced/1')), '/etc/ssh'),
      nodeAt(before, '/etc/ssh'),
    ];
    assert.ok(kept !== undefined && was !== undefined);
    assert.deepEqual(describeDifferences(kept, was, new Set()), []);
    assert.equal(lstatSync(join(root, 'var/lib/migrate')).mode & 0o777, 0o700);
    assert.match(restore('--force').stdout, /kept in \/var\/lib\/migrate\/replaced\/2\/etc\/ssh/);
  });
});

test('case 17: migrate restore neither reads nor writes through a link', async () => {
  await withMachine((machine) => {
    const root = target(
      machine,
      `rm -rf etc/ssh; mkdir ${'../outside'}; ln -s ../../outside etc/ssh; ln -s ../outside/f etc/motd`,
    );
    const outside = join(machine.scratch, 'outside');
    const through = machine.run('restore', '/etc/ssh/sshd_config', '--root', root, '--from', 'one.1', '--force');
    assert.equal(through.status, 2);
    assert.match(through.stderr, /Cannot restore to \/etc\/ssh\/sshd_config: a symlink is at \/etc\/ssh/);
    machine.done('restore', '/etc/motd', '--root', root, '--from', 'one.1', '--force');
    assert.deepEqual(readdirSync(outside), []);
    assert.equal(lstatSync(join(root, 'etc/motd')).isFile(), true);
    assert.equal(lstatSync(join(root, 'var/lib/migrate/replaced/1/etc/motd')).isSymbolicLink(), true);
    const behind = machine.run('restore', '/lib/modules', '--root', root, '--from', 'one.1');
    assert.equal(behind.status, 2);
    assert.match(behind.stderr, /nothing stands there\n {2}\/lib is a link to usr\/lib: name the path behind it/);
  }, 'ln -s usr/lib lib');
});

test('what another filesystem is mounted in, what is locked and what holds the kept files is not replaced', async () => {
  await withMachine((machine) => {
    const root = target(machine, 'mkdir -p etc/ssh/in; echo here > etc/motd; chattr +i etc/motd');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(root, 'etc/ssh/in')]);
    writeFileSync(join(root, 'etc/ssh/in/precious'), 'precious');
    for (const [path, says] of [
      ['/etc/ssh', /another filesystem or subvolume begins at \/etc\/ssh\/in/],
      ['/etc/motd', /its flags forbid it\n {2}Take them off: chattr -i -a \/etc\/motd/],
      ['/var', /what is replaced is kept in \/var\/lib\/migrate\/replaced/],
      ['/', /Cannot restore \/: that is a whole system/],
    ] as const) {
      const { status, stdout, stderr } = machine.run('restore', path, '--root', root, '--from', 'one.1', '--force');
      assert.deepEqual([status, stdout], [2, ''], path);
      assert.match(stderr, says);
    }
    assert.equal(readFileSync(join(root, 'etc/ssh/in/precious'), 'utf8'), 'precious');
    assert.equal(existsSync(join(root, 'var/lib/migrate')), false);
    sh(root, 'chattr -i etc/motd');
  });
});

test('a restore that fails leaves what was there, and nothing of itself', async () => {
  await withMachine((machine) => {
    const root = target(machine, 'mkdir srv');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', join(root, 'srv')]);
    sh(root, 'echo old > srv/large');
    const { status, stdout } = machine.run('restore', '/srv/large', '--root', root, '--from', 'one.1', '--force');
    assert.deepEqual([status, stdout], [1, '']);
    assert.deepEqual(readdirSync(join(root, 'srv')), ['large']);
    assert.equal(readFileSync(join(root, 'srv/large'), 'utf8'), 'old\n');
  }, 'mkdir srv; head -c 3000000 /dev/urandom > srv/large');
});

test('what lies on another filesystem than the root is replaced there, and kept whole', async () => {
  await withMachine((machine) => {
    const root = target(machine, 'mkdir srv');
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', join(root, 'srv')]);
    sh(root, 'mkdir srv/d; echo old > srv/d/f');
    machine.done('restore', '/srv/d', '--root', root, '--from', 'one.1', '--force');
    assert.equal(readFileSync(join(root, 'srv/d/f'), 'utf8'), 'new\n');
    assert.equal(readFileSync(join(root, 'var/lib/migrate/replaced/1/srv/d/f'), 'utf8'), 'old\n');
    assert.deepEqual(readdirSync(join(root, 'srv')), ['d']);
  }, 'mkdir -p srv/d; echo new > srv/d/f');
});

test('case 7: a name of any bytes is restored by how it is shown', async () => {
  await withMachine((machine) => {
    const root = target(machine);
    machine.done('restore', '/srv/caf\\xe9', '--root', root, '--from', 'one.1');
    assert.deepEqual(readdirSync(join(root, 'srv'), { encoding: 'latin1' }), ['caf\xe9']);
  }, "mkdir srv; echo x > srv/$'caf\\xe9'");
});

test('a restore tells how much it has copied, and before that how much it has kept', async () => {
  await withMachine((machine) => {
    sh(machine.root, 'mkdir etc/many; for i in $(seq 250); do echo $i > etc/many/$i; done');
    const root = target(machine, 'mkdir etc/many; for i in $(seq 120); do echo old > etc/many/$i; done');
    const heard: RestoreProgress[] = [];
    const request: RestoreRequest = {
      ...{ path: '/etc/many', from: 'one.1', what: null, root, to: null, force: true },
      onProgress: (progress) => void heard.push(progress),
    };
    restorePath(placeOf(btrfsBackend, machine.store, system), request);
    assert.deepEqual(
      heard.map(({ phase, entries }) => [phase, entries]),
      [
        ['keep', 100],
        ['restore', 100],
        ['restore', 200],
      ],
    );
    assert.ok(heard.every(({ bytes }) => bytes > 0));
  });
});
