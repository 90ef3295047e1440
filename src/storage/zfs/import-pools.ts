import type { BootRequest } from '../../domain/boot-request.ts';
import { Failure } from '../../domain/failure.ts';
import { datasetOfDevice, deviceOfDataset, poolOfDataset } from '../../domain/zfs-dataset.ts';
import type { System } from '../../system/system.ts';

/** How long the disks of a pool are waited for; what is slower has an unlocking step before us. */
const seconds = 90;

/**
 * Imports the pools of what a boot's request names, without mounting anything: dracut's module of ZFS does so once, with
 * the disks that are there then. Throws Failure `command` with ZFS's own words.
 */
export function importPools(system: System, { old, base, new: image, store, root }: BootRequest): void {
  const datasets = [store, old, image, base, root].flatMap((one) => datasetOfDevice(one?.device ?? '') ?? []);
  for (const pool of new Set(datasets.map(poolOfDataset))) importPool(system, pool);
}

function importPool({ commands, mounts }: System, pool: string): void {
  const top = deviceOfDataset(pool);
  for (let waited = 0; mounts.find(top) === null; waited += 1) {
    try {
      // The cache of a running system is none of an initramfs.
      commands.run('zpool', ['import', '-N', '-o', 'cachefile=none', pool]);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // Not all disks of a pool come at once; and it may be imported by somebody else meanwhile.
      if (!comes(mounts, top) && waited >= seconds) throw error;
    }
  }
}

/** Waits for a second. */
function comes(mounts: System['mounts'], device: string): boolean {
  try {
    mounts.waitForAny([device], 1);
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
