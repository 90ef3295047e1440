import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';
import { describeDifferences } from '../property/describe-differences.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { busyTrees } from './busy-trees.ts';
import { Sandbox, timeless } from './sandbox.ts';

process.env['TMPDIR'] = '/dev/shm';

/** `MIGRATE_KILLS=all` kills at every system call that changes something, a number at so many of them. */
const wanted = process.env['MIGRATE_KILLS'] ?? '10';
const main = resolve(import.meta.dirname, '../../src/main.ts');
/** System calls that change a file tree; write(2) and ioctl(2) are left out, as Node itself uses them for other ends. */
const changing: readonly string[] = [
  ...['mkdirat', 'renameat', 'renameat2', 'unlinkat', 'linkat', 'symlinkat', 'mknodat', 'fchownat', 'fchmodat'],
  ...['fchmod', 'utimensat', 'setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr', 'fremovexattr'],
  ...['copy_file_range', 'pwrite64', 'ftruncate', 'syncfs'],
];

/** The nth call of its name in the main thread. */
type Call = { readonly name: string; readonly nth: number };

test('case 65: the program killed by the kernel in the middle and run again ends in the same tree', async () => {
  await withFilesystem(
    'ext4',
    async (mountpoint) => {
      const sandbox = new Sandbox(mountpoint, busyTrees());
      writeFileSync(join(mountpoint, 'all.policy'), 'default persist\n');
      sandbox.renew();
      const calls = await callsOfRun(sandbox);
      const expected = sandbox.read();
      const points = chosen(calls);
      assert.ok(points.length >= Math.min(calls.length, 10), `${points.length} of ${calls.length} calls`);
      for (const { name, nth } of points) {
        sandbox.renew();
        const killed = await run(sandbox, ['-e', `inject=${name}:signal=KILL:when=${nth}`]);
        assert.equal(killed.signal, 'SIGKILL', `${name} ${nth}: ${killed.stderr}`);
        assert.notEqual(sandbox.apply().status, 'waiting');
        assert.deepEqual(describeDifferences(sandbox.read(), expected, timeless), [], `killed at ${name} ${nth}`);
      }
    },
    { size: '8G' },
  );
});

/** Every changing call of an uninterrupted run, in its order. */
async function callsOfRun(sandbox: Sandbox): Promise<Call[]> {
  const log = join(sandbox.directory, 'calls');
  const { exitCode, stderr } = await run(sandbox, ['-o', log]);
  assert.equal(exitCode, 0, stderr);
  const lines = readFileSync(log, 'latin1').split('\n');
  const [mainThread] = lines[0]?.split(' ') ?? [];
  const counts = new Map<string, number>();
  return lines.flatMap((line) => {
    const [, thread, name] = /^(\d+) +(\w+)\(/.exec(line) ?? [];
    if (thread !== mainThread || name === undefined) return [];
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return [{ name, nth }];
  });
}

function chosen(calls: readonly Call[]): Call[] {
  if (wanted === 'all') return [...calls];
  const count = Number(wanted);
  return Array.from({ length: count }, (_, index) => calls[Math.floor(((index + 0.5) * calls.length) / count)]).filter(
    (call) => call !== undefined,
  );
}

async function run(sandbox: Sandbox, tracing: readonly string[]) {
  const { base, old, new: result } = sandbox.request();
  const trees = ['--base', base, '--old', old, '--new', result];
  const command = [process.execPath, main, 'apply', ...trees, '--policy', 'all.policy', '--unattended'];
  return await execa('strace', ['-f', '-qq', '-e', `trace=${changing.join(',')}`, ...tracing, ...command], {
    cwd: sandbox.directory,
    reject: false,
  });
}
