import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeImage, update, withMachine } from './machine.ts';

test('migrate mount shows the root of a version or an image read-only, and migrate umount takes it away', async () => {
  await withMachine((machine) => {
    const { scratch, run, done } = machine;
    writeFileSync(join(machine.root, 'etc/motd'), 'mine\n');
    const at = join(scratch, 'at');
    for (const [name, shown, motd] of [
      ['one.1', 'system/one.1', 'mine\n'],
      ['one', 'one@system', 'welcome to one\n'],
    ] as const) {
      assert.equal(done('mount', name, at), `Mounted ${shown} read-only at ${at}\n`);
      assert.equal(readFileSync(join(at, 'etc/motd'), 'utf8'), motd);
      assert.throws(() => writeFileSync(join(at, 'etc/motd'), ''), { code: 'EROFS' });
      assert.match(run('mount', name, at).stderr, /something is in it, or is mounted there/);
      assert.equal(done('umount', at), `Unmounted ${shown} from ${at}\n`);
      assert.equal(existsSync(join(at, 'etc')), false);
    }
    assert.match(run('umount', at).stderr, /Cannot unmount/);
    const id = update(machine, makeImage(machine, 'two'), { to: 'armed' });
    const early = run('mount', id, at);
    assert.deepEqual([early.status, early.stdout], [2, '']);
    assert.match(early.stderr, /two\.2 has no root in the store: it is armed/);
  });
});

test('migrate diff tells in what two versions, images or branches differ; only what they share tells where to look', async () => {
  await withMachine((machine) => {
    const { root, run, done } = machine;
    writeFileSync(join(root, 'etc/hostname'), 'atlas\n');
    execFileSync('rm', [join(root, 'etc/ssh/sshd_config')]);
    const two = update(machine, makeImage(machine, 'two'));
    writeFileSync(join(machine.rootOf(two), 'etc/new'), 'new\n');
    const diff = (...names: readonly string[]): { native: boolean; paths: string[] } => {
      const { native, changes } = JSON.parse(done('diff', ...names, '--json'));
      return {
        native,
        paths: changes.map(({ path, change }: { path: string; change: string }) => `${change} ${path}`),
      };
    };
    const { native, paths } = diff('one.1', two);
    assert.equal(native, false);
    assert.ok(paths.includes('added /etc/new') && paths.includes('modified /etc/motd'), paths.join('; '));
    assert.ok(!paths.some((path) => path.endsWith('/etc/hostname')));
    assert.deepEqual(diff(`born-${two}@system`, two), { native: true, paths: ['added /etc/new'] });
    assert.deepEqual(diff('one', 'system/one.1').paths, ['modified /etc/hostname', 'deleted /etc/ssh/sshd_config']);
    assert.equal(
      done('diff', 'one', 'one.1'),
      'modified  /etc/hostname         (content)\ndeleted   /etc/ssh/sshd_config\n2 changes\n',
    );
    for (const [args, says] of [
      [['one'], /Missing: what one is to be compared with/],
      [[], /Missing: --base, --old, or the names of two versions/],
      [['one', 'one.1', '--base', '/'], /--base is for directories, and one is named as one of the store/],
      [['one', 'one.1', '--no-xattrs'], /--no-xattrs is for directories/],
      [['one', 'nine'], /There is neither a version nor an image "nine"/],
    ] as const) {
      const { status, stdout, stderr } = run('diff', ...args);
      assert.deepEqual([status, stdout], [2, ''], args.join(' '));
      assert.match(stderr, says);
    }
  });
});
