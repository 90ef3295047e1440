import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const project = join(import.meta.dirname, '..', '..', '..');

/** With mount(8)'s program for roots of layers where an image has it, and nothing else of this machine's /run. */
const script = `
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/programs
cp "$1/initramfs/mount.migrate" /run/programs/
mount -t overlay -o "lowerdir=/run/programs:/usr/sbin" programs /usr/sbin
exec "$2" "$1/test/flows/recovery/layered-program.ts"
`;

test('on ext4 the Recovery menu resets a machine whose versions are layers, and its shell finds store and root', () => {
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', project, process.execPath];
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'whole\n' }, stderr);
});
