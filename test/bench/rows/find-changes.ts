import { join } from 'node:path';
import { against, binary, readingPolicy } from '../against.ts';
import type { Contender } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { type Disk, withDisk } from '../trees/disk.ts';
import { deployment, ostreeSystem, rootPair } from '../trees/roots.ts';
import { withDirectory } from '../with-directory.ts';

const rounds = 7;

/** Finding what was changed locally, without deciding anything. */
export const findChanges: readonly Row[] = [
  {
    name: 'changes-btrfs',
    work: 'find changes, btrfs snapshot pair: attributes, xattrs, contents',
    peer: 'rsync -n -aXAH',
    limit: 0.05,
    unit: 'ratio',
    // Writable, because a snapshot of ours is taken on the way.
    measure: async () => comparePair(await rootPair('btrfs'), 'copy', rsync('-aXAH')),
  },
  {
    name: 'changes-ext4',
    work: 'find changes, ext4: attributes, xattrs, contents',
    peer: 'rsync -n -aXAHc',
    limit: 0.9,
    unit: 'ratio',
    measure: async () => comparePair(await rootPair('ext4'), 'no', rsync('-aXAHc')),
  },
  {
    name: 'changes-plain',
    work: 'find changes, ext4: the same, xattrs included, which the peer does not read',
    peer: 'diff -rq --no-dereference',
    limit: 1.1,
    unit: 'ratio',
    measure: async () =>
      comparePair(await rootPair('ext4'), 'no', (base, ours) => ({
        command: ['diff', '-rq', '--no-dereference', base, ours],
        statuses: [1],
      })),
  },
  {
    name: 'changes-ostree',
    work: 'find changes, /etc of an ostree deployment: attributes, xattrs, contents',
    peer: 'ostree admin config-diff',
    limit: 0.3,
    unit: 'ratio',
    measure: compareDeployment,
  },
];

function rsync(flags: string): (base: string, ours: string) => Contender {
  return (base, ours) => ({ command: ['rsync', '-n', flags, '-i', '--delete', `${ours}/`, `${base}/`] });
}

function comparePair(
  disk: Disk,
  writable: 'no' | 'copy',
  peer: (base: string, ours: string) => Contender,
): Promise<Figures> {
  return withDirectory(async (directory) => {
    const policy = await readingPolicy(directory);
    return withDisk(disk, { writable }, (top) => {
      const [base, ours] = [join(top, 'base'), join(top, 'ours')];
      return against(diff(base, ours, policy), peer(base, ours), rounds);
    });
  });
}

function compareDeployment(): Promise<Figures> {
  return withDirectory(async (directory) => {
    const policy = await readingPolicy(directory);
    return withDisk(await ostreeSystem(), { writable: 'copy' }, async (top) => {
      const deployed = await deployment(top);
      const ours = diff(join(deployed, 'usr/etc'), join(deployed, 'etc'), policy);
      const peer: Contender = { command: ['ostree', 'admin', 'config-diff', `--sysroot=${top}`, '--os=debian'] };
      return against(ours, peer, rounds);
    });
  });
}

function diff(base: string, ours: string, policy: string): Contender {
  return { command: [binary, 'diff', '--base', base, '--old', ours, '--policy', policy] };
}
