import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { against, binary, readingPolicy } from '../against.ts';
import { alternate, type Contender, median } from '../measure.ts';
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
    work: 'find changes, ext4: the same, xattrs included, which the peer does not read',
    peer: 'diff -rq --no-dereference',
    limit: 1.1,
    unit: 'ratio',
    floor:
      'diff spends nine tenths of its time in the kernel, on the contents alone; we spend as much there, and the calls for attributes, xattrs and flags come on top',
    measure: async () =>
      comparePair(await rootPair(), (base, ours) => ({
        command: ['diff', '-rq', '--no-dereference', base, ours],
        statuses: [1],
      })),
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
    floor: 'the start of Node alone takes more than the limit',
    measure: async () => compareDeployment(await ostreeSystem()),
  },
];

function rsync(flags: string): (base: string, ours: string) => Contender {
  return (base, ours) => ({ command: ['rsync', '-n', flags, '-i', '--delete', `${ours}/`, `${base}/`] });
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

function compareDeployment(disk: Disk): Promise<Figures> {
  return withDirectory(async (directory) => {
    const policy = await readingPolicy(directory);
    return withDisk(disk, { writable: 'copy' }, async (top) => {
      const deployed = await deployment(top);
      const ours = diff(join(deployed, 'usr/etc'), join(deployed, 'etc'), policy);
      const peer: Contender = { command: ['ostree', 'admin', 'config-diff', `--sysroot=${top}`, '--os=debian'] };
      const script = join(directory, 'empty.js');
      await writeFile(script, '');
      const times = await alternate({ ours, peer, start: { command: [process.execPath, script] } }, rounds);
      return {
        value: median(times.ours) / median(times.peer),
        ours: times.ours,
        peer: times.peer,
        notes: [`node alone, on an empty script: ${(median(times.start) / median(times.peer)).toFixed(2)}`],
      };
    });
  });
}

function diff(base: string, ours: string, policy: string): Contender {
  return { command: [binary, 'diff', '--base', base, '--old', ours, '--policy', policy] };
}
