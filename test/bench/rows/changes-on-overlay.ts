/**
 * How long it takes to find 200 changes in a branch on overlay, in trees of two sizes that differ in nothing else: beside
 * `rsync -n -aXAH` of the same two trees with cold caches, and beside itself on the smaller tree.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../../qemu/command.ts';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import { against, startOfNode } from '../against.ts';
import { asDelivered } from '../as-delivered.ts';
import { findOnOverlay, image, ours } from '../find-on-overlay.ts';
import { median } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { withDisk } from '../trees/disk.ts';
import { changes, overlayStores } from '../trees/overlay-stores.ts';
import { withDirectory } from '../with-directory.ts';

const rounds = 7;

export const changesOnOverlay: readonly Row[] = [
  {
    name: 'changes-overlay-cold',
    work: 'find 200 changes among 134,000 entries on overlay, cold cache',
    peer: 'rsync -n -aXAH',
    limit: 0.05,
    unit: 'ratio',
    measure: compareWithPeer,
  },
  {
    name: 'changes-overlay-growth',
    work: 'find 200 changes among 134,000 entries on overlay, in one process',
    peer: 'the same among 62,000',
    limit: 1.1,
    unit: 'ratio',
    measure: compareSizes,
  },
];

/** Our program is made as the one that is delivered, and started for every round. */
function compareWithPeer(): Promise<Figures> {
  return withDirectory(async (directory) => {
    return withDisk(await overlayStores(), { writable: 'copy' }, async (top) => {
      await command('mount', ['-o', 'remount,noatime', top]);
      const [store, base, now] = ['large', 'base', 'ours'].map((name) => join(top, name)) as [string, string, string];
      const backend = overlayBackend.open(bytesOfText(store), realSystem(['/bin/false']));
      backend.mount(image, base, { writable: false });
      backend.mount(ours, now, { writable: false });
      checkFound(findOnOverlay(store));
      const source = join(import.meta.dirname, '../find-on-overlay-program.ts');
      const program = await asDelivered(source, directory, [join(top, 'small')]);
      const before = (): Promise<void> => dropCaches(program);
      return against(
        { command: [process.execPath, program, store], before },
        { command: ['rsync', '-n', '-aXAH', '-i', '--delete', `${now}/`, `${base}/`], before },
        rounds,
        await startOfNode(directory),
      );
    });
  });
}

/** What lies on the disk is forgotten; the programs themselves are there. */
async function dropCaches(program: string): Promise<void> {
  await command('sync', []);
  writeFileSync('/proc/sys/vm/drop_caches', '3');
  await command(process.execPath, [program]);
  await command('rsync', ['--version']);
}

async function compareSizes(): Promise<Figures> {
  return withDisk(await overlayStores(), { writable: 'copy' }, async (top) => {
    await command('mount', ['-o', 'remount,noatime', top]);
    const times = { ours: [] as number[], peer: [] as number[] };
    for (let round = -3; round < 12 * rounds; round++) {
      // Whichever comes first finds the machine as the rest of it has left it.
      const order = round % 2 === 0 ? (['large', 'small'] as const) : (['small', 'large'] as const);
      const taken = new Map(order.map((size) => [size, timed(join(top, size))]));
      const [large = Number.NaN, small = Number.NaN] = [taken.get('large'), taken.get('small')];
      // The first rounds are slow for the compiler's sake.
      if (round < 0) continue;
      times.ours.push(large);
      times.peer.push(small);
    }
    return { value: median(times.ours) / median(times.peer), ...times };
  });
}

/** Milliseconds. */
function timed(store: string): number {
  const start = performance.now();
  checkFound(findOnOverlay(store));
  return performance.now() - start;
}

function checkFound(found: number): void {
  if (found !== changes) throw new Error(`${found} changes found instead of ${changes}`);
}
