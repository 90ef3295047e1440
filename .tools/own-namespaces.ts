import { spawnSync } from 'node:child_process';

/** A directory that a program finds empty and in memory, and how much it may hold. */
export type Memory = { readonly directory: string; readonly mebibytes: number };

/**
 * Words that start a program with mounts, processes and names of networks of its own, all of which end with it, and it
 * ends with whoever started it.
 *
 * A process that a test starts with mounts of its own has a copy of all that is mounted where it starts, and a store asks
 * every process that it sees what is mounted, and rightly removes nothing that is: tests that run side by side would hold
 * each other's disks, and see each other's stores.
 */
export function withOwnNamespaces(memory: Memory | null): readonly [string, ...string[]] {
  const script = [
    'set -e',
    'mkdir -p /run/netns && mount -t tmpfs tmpfs /run/netns',
    'directory=$1 size=$2; shift 2',
    '[ -z "$directory" ] || mount -t tmpfs -o "mode=0755,size=$size" tmpfs "$directory"',
    // The shell stays, to wait for processes that lost their parent.
    '"$@"',
  ].join('\n');
  return [
    ...(['setpriv', '--pdeathsig', 'KILL', '--'] as const),
    ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'],
    ...['sh', '-c', script, 'sh', ...(memory === null ? ['', ''] : [memory.directory, `${memory.mebibytes}M`])],
  ];
}

/** Throws, and says why, where a program cannot be started by these words. */
export function checkWords([program, ...words]: readonly [string, ...string[]]): void {
  const { status, stderr, error } = spawnSync(program, [...words, 'true'], { encoding: 'utf8' });
  if (status === 0) return;
  throw new Error(`Tests need namespaces of their own, and those failed: ${error?.message ?? stderr.trim()}`);
}
