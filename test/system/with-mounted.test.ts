import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { mounts } from '../../src/system/real-mounts.ts';
import { withFilesystem } from './loop-filesystem.ts';

const readOnly = { writable: false };

test('what a killed run has left mounted is unmounted by the next, and what a living one has mounted stays', async () => {
  await withFilesystem('tmpfs', (top) => {
    writeFileSync(join(top, 'kept'), 'content');
    const program = join(import.meta.dirname, 'die-while-mounted.ts');
    const { signal, stdout: left } = spawnSync(process.execPath, [program, top], { encoding: 'utf8' });
    assert.equal(signal, 'SIGKILL');
    assert.deepEqual(readdirSync(left), ['kept']);
    const bind = (at: string): void => mounts.bind(top, at, readOnly);
    mounts.withMounted(bind, readOnly, (alive) => {
      mounts.sweep();
      assert.equal(existsSync(left), false);
      assert.deepEqual(readdirSync(alive), ['kept']);
    });
    assert.deepEqual(readdirSync(top), ['kept'], 'and nothing in it is removed');
  });
});

test('what a process of another set of process numbers has mounted stays: its number means nothing here', async () => {
  await withFilesystem('tmpfs', (top) => {
    const bind = (at: string): void => mounts.bind(top, at, readOnly);
    mounts.withMounted(bind, readOnly, (alive) => {
      const program = "import { mounts } from './src/system/real-mounts.ts'; mounts.sweep();";
      const args = ['--pid', '--fork', '--mount-proc', process.execPath, '--input-type=module', '-e', program];
      const { status, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      assert.ok(existsSync(alive));
    });
  });
});

test('a directory of which a file is open still is unmounted all the same', async () => {
  await withFilesystem('tmpfs', (top) => {
    writeFileSync(join(top, 'kept'), 'content');
    const [at, open] = mounts.withMounted(
      (directory) => mounts.bind(top, directory, readOnly),
      readOnly,
      (directory) => [directory, openSync(join(directory, 'kept'), 'r')] as const,
    );
    assert.equal(existsSync(at), false);
    closeSync(open);
  });
});

test('one mount of a directory is read-only, and the directory itself is not', async () => {
  await withFilesystem('tmpfs', (top) => {
    const write = (directory: string): void => writeFileSync(join(directory, 'new'), '');
    const use = (writable: boolean): void =>
      mounts.withMounted((at) => mounts.bind(top, at, { writable }), { writable }, write);
    assert.throws(() => use(false), { code: 'EROFS' });
    use(true);
    write(top);
  });
});
