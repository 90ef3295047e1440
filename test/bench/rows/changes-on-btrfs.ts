/**
 * How long it takes to find 500 changes in a btrfs snapshot, in trees of two sizes that differ in nothing else: beside
 * `rsync -n -aXAH`, with cold and with warm caches, and beside itself on the smaller tree.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { contentOf } from '../../../qemu/cache.ts';
import { command } from '../../../qemu/command.ts';
import { btrfsChanges } from '../../../src/storage/btrfs/change-source.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import { walkCandidates } from '../../../src/tree/walk-candidates.ts';
import { against, binary, readingPolicy, startOfNode, startOfOurs } from '../against.ts';
import { type Contender, median } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { debianRoot } from '../trees/debian.ts';
import { type Disk, disk, withDisk } from '../trees/disk.ts';
import { makeLocalChanges } from '../trees/local-changes.ts';
import { withDirectory } from '../with-directory.ts';

const rounds = 7;
const changes = await contentOf(join(import.meta.dirname, '../trees/local-changes.ts'));

export const changesOnBtrfs: readonly Row[] = [
  row('changes-btrfs-small-cold', 'find 500 changes among 62,000 entries of btrfs, cold cache', 'small', 'cold'),
  row('changes-btrfs-small-warm', 'find 500 changes among 62,000 entries of btrfs, warm cache', 'small', 'warm'),
  row('changes-btrfs-large-cold', 'find 500 changes among 134,000 entries of btrfs, cold cache', 'large', 'cold'),
  row('changes-btrfs-large-warm', 'find 500 changes among 134,000 entries of btrfs, warm cache', 'large', 'warm'),
  {
    name: 'changes-btrfs-growth',
    work: 'find 500 changes among 134,000 entries of btrfs, in one process',
    peer: 'the same among 62,000',
    limit: 1.1,
    unit: 'ratio',
    measure: compareSizes,
  },
];

type Size = 'small' | 'large';

function row(name: string, work: string, size: Size, cache: 'cold' | 'warm'): Row {
  const measure = async (): Promise<Figures> => compareWithPeer(await snapshotPair(size), cache);
  return { name, work, peer: 'rsync -n -aXAH', limit: 0.05, unit: 'ratio', measure };
}

/** `base`, a Debian root, with more than as many entries again in the large tree, and `ours`, a snapshot with changes. */
async function snapshotPair(size: Size): Promise<Disk> {
  const { path, key } = await debianRoot('bookworm');
  return disk({
    name: `snapshots-${size}`,
    kind: 'btrfs',
    inputs: [key, changes],
    fill: async (top) => {
      const [base, ours] = [join(top, 'base'), join(top, 'ours')];
      await command('btrfs', ['subvolume', 'create', base]);
      await command('cp', ['-a', `${path}/root/.`, base]);
      if (size === 'large') {
        for (const copy of ['first', 'second']) {
          await command('mkdir', [join(base, 'srv', copy)]);
          await command('cp', ['-a', `${path}/root/usr/include`, `${path}/root/usr/share`, join(base, 'srv', copy)]);
        }
      }
      await command('btrfs', ['property', 'set', '-ts', base, 'ro', 'true']);
      await command('btrfs', ['subvolume', 'snapshot', base, ours]);
      // Else reading the settings would change times of access.
      await command('mount', ['-o', 'remount,noatime', top]);
      makeLocalChanges(join(ours, 'etc'));
    },
  });
}

/** Writable, as a snapshot of ours is taken on the way; the peer's reading must not change times of access either. */
function onCopy<Result>(pair: Disk, body: (base: string, ours: string) => Promise<Result>): Promise<Result> {
  return withDisk(pair, { writable: 'copy' }, async (top) => {
    await command('mount', ['-o', 'remount,noatime', top]);
    return body(join(top, 'base'), join(top, 'ours'));
  });
}

function compareWithPeer(pair: Disk, cache: 'cold' | 'warm'): Promise<Figures> {
  return withDirectory(async (directory) => {
    const policy = await readingPolicy(directory);
    return onCopy(pair, async (base, ours) => {
      const before = cache === 'cold' ? { before: dropCaches } : {};
      const program: Contender = {
        command: [binary, 'diff', '--base', base, '--old', ours, '--policy', policy],
        ...before,
      };
      const peer: Contender = {
        command: ['rsync', '-n', '-aXAH', '-i', '--delete', `${ours}/`, `${base}/`],
        ...before,
      };
      const floor = { ...(await startOfNode(directory)), ...before };
      const start = { ...(await startOfOurs(directory)), ...before };
      return against(program, peer, rounds, floor, [start]);
    });
  });
}

/** What lies on the disk is forgotten; the programs themselves are there. */
async function dropCaches(): Promise<void> {
  await command('sync', []);
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  await command(binary, ['diff', '--help']);
  await command(process.execPath, ['--version']);
  await command('rsync', ['--version']);
}

async function compareSizes(): Promise<Figures> {
  const [small, large] = [await snapshotPair('small'), await snapshotPair('large')];
  return onCopy(small, (smallBase, smallOurs) =>
    onCopy(large, (largeBase, largeOurs) => {
      const times = { ours: [] as number[], peer: [] as number[] };
      for (let round = -3; round < 3 * rounds; round++) {
        const [ours, peer] = [findChanges(largeBase, largeOurs), findChanges(smallBase, smallOurs)];
        // The first rounds are slow for the compiler's sake.
        if (round < 0) continue;
        times.ours.push(ours);
        times.peer.push(peer);
      }
      return Promise.resolve({ value: median(times.ours) / median(times.peer), ...times });
    }),
  );
}

/** Milliseconds. */
function findChanges(base: string, ours: string): number {
  const system = realSystem(['/bin/false']);
  const roots = { base: system.openRoot(base), ours: system.openRoot(ours) };
  const start = performance.now();
  const candidates = btrfsChanges.candidatesOf({ ...roots, others: [] }, system);
  if (candidates === null) throw new Error('btrfs does not know what was changed');
  const interest = { isIgnored: () => false, isPinned: () => false, onProgress: () => undefined };
  const { length } = walkCandidates(roots.base, roots.ours, candidates, interest).changes;
  const taken = performance.now() - start;
  roots.base.close();
  roots.ours.close();
  if (length < 500) throw new Error(`${length} changes found instead of 500`);
  return taken;
}
