import { join } from 'node:path';
import { against, binary, type Floor, readingPolicy, startOfNode, startOfOurs } from '../against.ts';
import { floorProgram } from '../floor-program.ts';
import type { Contender } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { type Disk, withDisk } from '../trees/disk.ts';
import { deployment, ostreeSettings, ostreeSystem, rootPair } from '../trees/roots.ts';
import { withDirectory } from '../with-directory.ts';

const rounds = 7;

/** Finding what was changed locally, without deciding anything. */
export const findChanges: readonly Row[] = [
  {
    name: 'changes-ext4',
    work: 'find changes, ext4: attributes, xattrs, contents',
    peer: 'rsync -n -aXAHc',
    limit: 0.9,
    unit: 'ratio',
    measure: async () => comparePair(await rootPair(), rsync('-aXAHc')),
  },
  {
    name: 'changes-plain',
    work: 'find changes, ext4: attributes, contents, no xattrs',
    peer: 'diff -rq --no-dereference',
    limit: 1.1,
    unit: 'ratio',
    measure: async () => comparePlainly(await rootPair()),
  },
  {
    name: 'changes-ostree',
    work: 'find changes, /etc of an ostree deployment, as large as a whole tree: attributes, xattrs, contents',
    peer: 'ostree admin config-diff',
    limit: 0.3,
    unit: 'ratio',
    measure: async () => compareDeployment(await ostreeSettings()),
  },
  {
    name: 'changes-ostree-small',
    work: 'the same, with the 1,000 entries that Debian has in /etc',
    peer: 'ostree admin config-diff',
    limit: 0.3,
    unit: 'ratio',
    measure: async () => compareDeployment(await ostreeSystem()),
  },
];

function rsync(flags: string): (base: string, ours: string) => Contender {
  return (base, ours) => ({ command: ['rsync', '-n', flags, '-i', '--delete', `${ours}/`, `${base}/`] });
}

function plainDiff(base: string, ours: string): Contender {
  return { command: ['diff', '-rq', '--no-dereference', base, ours], statuses: [1] };
}

function comparePair(disk: Disk, peer: (base: string, ours: string) => Contender): Promise<Figures> {
  return withDirectory(async (directory) => {
    const policy = await readingPolicy(directory);
    return withDisk(disk, { writable: 'no' }, (top) => {
      const [base, ours] = [join(top, 'base'), join(top, 'ours')];
      return against(diff(base, ours, policy), peer(base, ours), rounds);
    });
  });
}

function comparePlainly(disk: Disk): Promise<Figures> {
  return withDirectory(async (directory) => {
    const policy = await readingPolicy(directory);
    const program = await floorProgram(directory, 'compare-trees');
    const [start, node] = [await startOfOurs(directory), await startOfNode(directory)];
    return withDisk(disk, { writable: 'no' }, (top) => {
      const [base, ours] = [join(top, 'base'), join(top, 'ours')];
      const floor: Floor = {
        what: 'Node on nothing but the system calls: list, look at, open, read and close what is in both trees',
        command: [process.execPath, program, base, ours],
      };
      const mine = diff(base, ours, policy, ['--no-xattrs']);
      return against(mine, plainDiff(base, ours), rounds, floor, [start, node]);
    });
  });
}

function compareDeployment(disk: Disk): Promise<Figures> {
  return withDirectory(async (directory) => {
    const policy = await readingPolicy(directory);
    return withDisk(disk, { writable: 'copy' }, async (top) => {
      const deployed = await deployment(top);
      const ours = diff(join(deployed, 'usr/etc'), join(deployed, 'etc'), policy);
      const peer: Contender = { command: ['ostree', 'admin', 'config-diff', `--sysroot=${top}`, '--os=debian'] };
      return against(ours, peer, rounds, await startOfNode(directory), [await startOfOurs(directory)]);
    });
  });
}

function diff(base: string, ours: string, policy: string, options: readonly string[] = []): Contender {
  return { command: [binary, 'diff', '--base', base, '--old', ours, '--policy', policy, ...options] };
}
