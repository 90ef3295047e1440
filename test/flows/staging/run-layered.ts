import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const project = join(import.meta.dirname, '..', '..', '..');

/** With mount(8)'s program for roots of layers where an image has it, and nothing else of this machine's /run. */
const script = `
set -eu
mount -t tmpfs tmpfs /run
mkdir /run/programs
cp "$1/initramfs/mount.migrate" /run/programs/
mount -t overlay -o "lowerdir=/run/programs:/usr/sbin" programs /usr/sbin
exec "$2" "$3"
`;

/** Runs a program of tests with mounts of its own; it has to print `whole`. */
export function runLayered(program: string): void {
  const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', project, process.execPath, program];
  const { status, stdout, stderr } = spawnSync('unshare', args, { encoding: 'utf8' });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'whole\n' }, stderr);
}
